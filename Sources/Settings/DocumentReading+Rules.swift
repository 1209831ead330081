import Platform
import Rules

extension DocumentReading {
  /// Reads `[[rule]]`.
  package func readRules(_ node: Int) {
    guard case .array = document.nodes[node].value else {
      complain(
        at: document.nodes[node].position,
        "rule: that is \(document.nodes[node].value.kind): write each rule under [[rule]], with two brackets")
      return
    }
    for (index, child) in document.nodes[node].children.enumerated() {
      guard case .table = document.nodes[child].value else {
        complain(at: document.nodes[child].position, "rule: write each rule under [[rule]], with two brackets")
        continue
      }
      settings.rules.append(readRule(child, number: index + 1))
    }
  }

  private func readRule(_ table: Int, number: Int) -> Rule {
    var title = "rule \(number)"
    if let node = document.child("name", of: table), case .string(let name) = document.nodes[node].value, !name.isEmpty
    {
      title = "rule \(DocumentReading.quoted(name))"
    }
    var rule = Rule(name: "", metric: "", side: .above, limits: Rule.Limits())
    // Keys with a complaint, which aren't checked again in `problems`.
    var faulty: Set<String> = []
    for child in document.nodes[table].children {
      let key = document.nodes[child].key
      let place = NamedValue(reading: self, node: child, name: "\(title): \(key)")
      let before = complaintCount
      if let key = RuleKey.named(key) {
        read(key, at: place, into: &rule)
      } else {
        complain(
          at: document.nodes[child].keyPosition,
          "\(title): " + DocumentReading.unknown(key, "a rule", RuleKey.all.map(\.name)))
      }
      if complaintCount > before { faulty.insert(key) }
    }
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
