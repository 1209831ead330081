import Platform
import Rules

extension DocumentReading {
  /// One number is the critical limit; a table has one for each severity.
  func limits(_ place: NamedValue) -> Rule.Limits {
    let node = document.nodes[place.node]
    guard case .table = node.value else {
      switch node.value {
      case .integer, .real: return Rule.Limits(critical: place.number())
      default:
        place.complainOfType("write a number, or { warning = 80, critical = 95 }")
        return Rule.Limits()
      }
    }
    var limits = Rule.Limits()
    if node.children.isEmpty { place.complain("it has no limit: write warning, critical or both") }
    for child in node.children {
      let key = document.nodes[child].key
      let limit = NamedValue(reading: self, node: child, name: "\(place.name).\(key)")
      switch key {
      case "warning": limits.warning = limit.number()
      case "critical": limits.critical = limit.number()
      default:
        complain(
          at: document.nodes[child].keyPosition,
          "\(place.name): " + DocumentReading.unknown(key, "a limit", ["warning", "critical"]))
      }
    }
    return limits
  }

  /// `last`, `avg`, …, `p1` to `p99`.
  func aggregate(_ place: NamedValue) -> Rule.Aggregate? {
    if case .string(let text) = document.nodes[place.node].value, text.first == "p", let rank = Int(text.dropFirst()),
      (1...99).contains(rank)
    {
      return .percentile(rank)
    }
    let words = Rule.Aggregate.words
    guard let word = place.word(of: words.map(\.word) + ["p1", "p50", "p99"]) else { return nil }
    return words.first { $0.word == word }?.aggregate
  }

  /// `3 of 5`.
  func atLeast(_ place: NamedValue) -> Rule.AtLeast? {
    guard let text = place.rawText("write how many of the last samples, such as \"3 of 5\"") else { return nil }
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    if parts.count == 3, parts[1] == "of", let count = Int(parts[0]), let of = Int(parts[2]) {
      return Rule.AtLeast(count: count, of: of)
    }
    place.complain("write how many of the last samples, such as \"3 of 5\"")
    return nil
  }

  /// A label is a field of the transition's `labels`, and can be named in a summary.
  func checkLabels(_ place: NamedValue) {
    for child in document.nodes[place.node].children {
      let node = document.nodes[child]
      let isName = node.key.utf8.allSatisfy { byte in
        Character(UnicodeScalar(byte)).isASCII
          && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber || byte == 0x5F
            || byte == 0x2D || byte == 0x2E)
      }
      if node.key.isEmpty || !isName || node.key.utf8.count > 100 {
        complain(
          at: node.keyPosition,
          "\(place.name).\(DocumentReading.quoted(node.key)): a label's name has 1 to 100 letters, digits, '.', '_' and '-'"
        )
      }
    }
  }

  /// Globs have only `*` and `?`. Special characters of other tools match themselves, which is rarely intended.
  func checkGlobs(_ place: NamedValue) {
    for child in document.nodes[place.node].children {
      guard case .string(let glob) = document.nodes[child].value else { continue }
      let entry = NamedValue(
        reading: self, node: child, name: "\(place.name).\(DocumentReading.quoted(document.nodes[child].key))")
      if glob.isEmpty {
        entry.complain("an empty glob matches only an empty text; leave the field out, or write \"*\"")
      } else if glob.contains(where: { "[]{}|^$".contains($0) }) {
        entry.complain("a glob has only * and ?; every other character matches itself", .advice)
      }
    }
  }

  /// A table of texts.
  package func texts(_ place: NamedValue, _ wanted: String) -> [(name: String, text: String)] {
    let node = document.nodes[place.node]
    guard case .table = node.value else {
      place.complainOfType(wanted)
      return []
    }
    return node.children.compactMap { child in
      let key = document.nodes[child].key
      let entry = NamedValue(reading: self, node: child, name: "\(place.name).\(DocumentReading.quoted(key))")
      return entry.rawText(wanted).map { (key, $0) }
    }
  }
}

extension Rule.Aggregate {
  /// Their words in the file, except percentiles.
  static let words: [(word: String, aggregate: Rule.Aggregate)] = [
    ("last", .last), ("avg", .avg), ("min", .min), ("max", .max), ("sum", .sum), ("count", .count), ("stddev", .stddev),
    ("rate", .rate), ("delta", .delta),
  ]

  /// Its word in the file.
  var word: String {
    if case .percentile(let rank) = self { return "p\(rank)" }
    return Rule.Aggregate.words.first { $0.aggregate == self }?.word ?? "last"
  }
}
