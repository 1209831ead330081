import Platform
import Streams

extension DocumentReading {
  /// The entries of a table of a stream; those with a mistake are left out, so that it is told once.
  func entries<Entry>(of place: NamedValue, _ read: (NamedValue, String) -> Entry?) -> [Entry] {
    let node = document.nodes[place.node]
    guard case .table = node.value else {
      let name = place.name.split(separator: " ").last ?? ""
      place.complainOfType("write a table, [stream.\(name)]")
      return []
    }
    return node.children.compactMap { child in
      let key = document.nodes[child].key
      let before = complaintCount
      let entry = read(
        NamedValue(reading: self, node: child, name: "\(place.name).\(DocumentReading.quoted(key))"), key)
      return complaintCount == before ? entry : nil
    }
  }

  /// `{ field = "message", contains = "error" }`
  func count(_ place: NamedValue, named name: String) -> StreamDefinition.Count? {
    let wanted = "write a condition, such as { field = \"message\", contains = \"error\" }"
    let texts = "write a text in quotes"
    var field: String?
    var condition: StreamDefinition.Condition?
    // The keys of conditions, also with wrong values.
    var conditions: [Int] = []
    let known = readEntry(place, wanted, "a count", ["field", "equals", "contains", "matches", "above", "below"]) {
      if $1 != "field" { conditions.append($0.node) }
      switch $1 {
      case "field": field = $0.rawText("write the name of a field in quotes")
      case "equals": condition = $0.rawText(texts).map { .equals($0) }
      case "contains": condition = $0.rawText(texts).map { .contains($0) }
      case "matches": condition = $0.rawText("write a regular expression in quotes").map { .matches($0) }
      case "above": condition = $0.number().map { .above($0) }
      default: condition = $0.number().map { .below($0) }
      }
    }
    guard known else { return nil }
    if conditions.isEmpty, !isPartial {
      place.complain("it has no condition: write one of equals, contains, matches, above, below")
    }
    if conditions.count > 1 {
      let keys = conditions.map { document.nodes[$0].key }
      complain(
        at: document.nodes[conditions[1]].keyPosition,
        "\(place.name): \(keys[0]) and \(keys[1]) are both set; keep one, and write a second count for the other")
    }
    return condition.map { StreamDefinition.Count(name: name, field: field, condition: $0) }
  }

  /// `["avg", "max"]`
  func measure(_ place: NamedValue, of field: String) -> StreamDefinition.Measure? {
    let words = StreamDefinition.Statistic.allCases.map(\.rawValue)
    guard case .array = document.nodes[place.node].value else {
      place.complainOfType("write some of \(words.joined(separator: ", ")) in brackets, as in [\"avg\", \"max\"]")
      return nil
    }
    let statistics = document.nodes[place.node].children.compactMap { child in
      NamedValue(reading: self, node: child, name: place.name).word(of: words)
        .flatMap(StreamDefinition.Statistic.init)
    }
    return StreamDefinition.Measure(field: field, statistics: statistics)
  }

  /// `{ field = "host", over = "30s" }`
  func distinct(_ place: NamedValue, named name: String) -> StreamDefinition.Distinct? {
    let wanted = "write a field and a time, such as { field = \"host\", over = \"30s\" }"
    var field: String?
    var over: Duration?
    let known = readEntry(place, wanted, "a distinct count", ["field", "over"]) {
      if $1 == "field" {
        field = $0.rawText("write the name of a field in quotes")
      } else {
        over = $0.duration(StreamDefinition.Bounds.interval.lowerBound...StreamDefinition.Bounds.over)
      }
    }
    guard known else { return nil }
    for key in ["field", "over"] where document.child(key, of: place.node) == nil && !isPartial {
      complain(at: document.nodes[place.node].position, "\(place.name): \(key) is missing")
    }
    guard let field, let over else { return nil }
    return StreamDefinition.Distinct(name: name, field: field, over: over)
  }

  /// Calls `read` for each known key of a table; complains about others. Returns false if it isn't a table.
  func readEntry(
    _ place: NamedValue, _ wanted: String, _ what: String, _ keys: [String], _ read: (NamedValue, String) -> Void
  ) -> Bool {
    guard case .table = document.nodes[place.node].value else {
      place.complainOfType(wanted)
      return false
    }
    for child in document.nodes[place.node].children {
      let key = document.nodes[child].key
      if keys.contains(key) {
        read(NamedValue(reading: self, node: child, name: "\(place.name).\(key)"), key)
      } else {
        complain(
          at: document.nodes[child].keyPosition, "\(place.name): " + DocumentReading.unknown(key, what, keys))
      }
    }
    return true
  }
}
