import Platform
import Rules

extension DocumentReading {
  /// Reads `[[rule]]`.
  package func readRules(_ node: Int) {
    readTables(node, of: "rule") { table, title in settings.rules.append(readRule(table, title: title)) }
  }

  private func readRule(_ table: Int, title: String) -> Rule {
    var rule = Rule(name: "", metric: "", side: .above, limits: Rule.Limits())
    var faulty = readKeys(
      of: table, title: title, "a rule", key: RuleKey.named, names: RuleKey.all.map(\.name)
    ) { key, place in read(key, at: place, into: &rule) }
    for key in RuleKey.all.filter(\.isRequired).map(\.name) where document.child(key, of: table) == nil {
      if !isPartial { complain(at: document.nodes[table].position, "\(title): \(key) is missing") }
      faulty.insert(key)
    }
    if !checkSides(table, title: title) || !faulty.isDisjoint(with: ["above", "below"]) {
      faulty.formUnion(["above", "below", "clear"])
    }
    for problem in rule.problems() where problem.path.first.map({ !faulty.contains($0) }) ?? faulty.isEmpty {
      let key = ([title] + problem.path.map { DocumentReading.quoted($0) }).enumerated()
        .map { $0 < 2 ? $1 : ".\($1)" }
      complain(
        at: position(of: problem.path, in: table),
        "\(key.prefix(2).joined(separator: ": "))\(key.dropFirst(2).joined()): \(problem.message)")
    }
    return rule
  }

  /// The place of the last key of `path` that a table has. A single number stands for the critical limit, and a text of
  /// an array for its last element with it.
  func position(of path: [String], in table: Int) -> Complaint.Position {
    var node = table
    for key in path {
      let element = document.nodes[node].children.last { document.nodes[$0].value == .string(key) }
      guard let child = document.nodes[node].value == .array ? element : document.child(key, of: node) else { break }
      node = child
    }
    return document.nodes[node].position
  }

  /// Whether a rule has exactly one of `above` and `below`; complains if not.
  private func checkSides(_ table: Int, title: String) -> Bool {
    switch (document.child("above", of: table), document.child("below", of: table)) {
    case (let above?, let below?):
      let later = max(document.nodes[above].keyPosition, document.nodes[below].keyPosition)
      complain(at: later, "\(title): above and below are both set; keep one, and write a second rule for the other")
      return false
    case (nil, nil):
      if !isPartial {
        complain(at: document.nodes[table].position, "\(title): above or below is missing: write the limit, above = 90")
      }
      return false
    default: return true
    }
  }
}
