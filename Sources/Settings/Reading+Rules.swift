import Platform
import Records
import Rules

extension Reading {
  /// The keys of a rule.
  static let ruleKeys = [
    "name", "metric", "window", "aggregate", "above", "below", "clear", "for", "keep_firing_for", "at_least", "no_data",
    "no_data_after", "repeat_every", "match", "labels", "summary",
  ]

  private static let longest = Duration.seconds(365 * 86_400)

  /// Reads `[[rule]]`.
  func readRules(_ node: Int) {
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
      title = "rule \(Reading.quoted(name))"
    }
    var rule = Rule(name: "", metric: "", side: .above, limits: Rule.Limits())
    // Keys with a complaint, which aren't checked again in `problems`.
    var faulty: Set<String> = []
    for child in document.nodes[table].children {
      let key = document.nodes[child].key
      let place = Place(reading: self, node: child, name: "\(title): \(key)")
      let before = complaintCount
      read(key, place, &rule, title: title)
      if complaintCount > before { faulty.insert(key) }
    }
    for key in ["name", "metric"] where document.child(key, of: table) == nil {
      if !isPartial { complain(at: document.nodes[table].position, "\(title): \(key) is missing") }
      faulty.insert(key)
    }
    if !checkSides(table, title: title) || !faulty.isDisjoint(with: ["above", "below"]) {
      faulty.formUnion(["above", "below", "clear"])
    }
    for problem in rule.problems() where problem.path.first.map({ !faulty.contains($0) }) ?? faulty.isEmpty {
      let key = ([title] + problem.path.map { Reading.quoted($0) }).enumerated()
        .map { $0 < 2 ? $1 : ".\($1)" }
      complain(
        at: position(of: problem.path, in: table),
        "\(key.prefix(2).joined(separator: ": "))\(key.dropFirst(2).joined()): \(problem.message)")
    }
    return rule
  }

  /// The place of the last key of `path` that a rule has. A single number stands for the critical limit.
  func position(of path: [String], in table: Int) -> Complaint.Position {
    var node = table
    for key in path {
      guard let child = document.child(key, of: node) else { break }
      node = child
    }
    return document.nodes[node].position
  }

  private func read(_ key: String, _ place: Place, _ rule: inout Rule, title: String) {
    switch key {
    case "name": rule.name = place.rawText("write a text in quotes") ?? ""
    case "metric": rule.metric = place.rawText("write the name of a field in quotes") ?? ""
    case "above", "below":
      rule.side = key == "above" ? .above : .below
      rule.limits = limits(place)
    case "clear": rule.clear = limits(place)
    case "for": rule.hold = place.duration(.zero...Reading.longest) ?? .zero
    case "keep_firing_for": rule.keepFiringFor = place.duration(.zero...Reading.longest) ?? .zero
    case "no_data_after": rule.noDataAfter = place.duration(.milliseconds(1)...Reading.longest)
    case "match":
      rule.match = texts(place, "write a glob in quotes, as in match = { host = \"web-*\" }")
        .map { Rule.Match(field: $0.name, glob: $0.text) }
      checkGlobs(place)
    case "labels":
      rule.labels = texts(place, "write a text in quotes, as in labels = { team = \"infra\" }")
        .map { Transition.Label(name: $0.name, value: $0.text) }.sorted { $0.name < $1.name }
      checkLabels(place)
    case "summary": rule.summary = place.rawText("write a text in quotes")
    case "window": rule.window = place.duration(.milliseconds(1)...Reading.longest)
    case "repeat_every": rule.repeatEvery = place.duration(.milliseconds(1)...Reading.longest)
    case "aggregate": rule.aggregate = aggregate(place) ?? .last
    case "at_least": rule.atLeast = atLeast(place)
    case "no_data":
      rule.noData = place.word(of: Rule.NoData.allCases.map(\.rawValue)).flatMap(Rule.NoData.init) ?? .keep
    default:
      let node = document.nodes[place.node]
      complain(
        at: node.keyPosition, "\(title): " + Reading.unknown(key, "a rule", Reading.ruleKeys))
    }
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
