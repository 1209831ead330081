import Forwarding
import Platform
import Records

extension DocumentReading {
  /// Reads `[[receiver]]`.
  func readReceivers(_ node: Int) {
    readTables(node, of: "receiver") { table, title in
      if let receiver = readReceiver(table, title: title) { settings.receivers.append(receiver) }
    }
  }

  private func readReceiver(_ table: Int, title: String) -> ReceiverSettings? {
    var definition = ReceiverDefinition(name: "")
    var way: ReceiverSettings.Way?
    let names = ReceiverKey.allCases.map(\.rawValue)
    var faulty = readKeys(of: table, title: title, "a receiver", key: ReceiverKey.init, names: names) { key, place in
      if ReceiverKey.ways.contains(key) {
        way = readWay(key, at: place)
      } else {
        read(key, at: place, into: &definition)
      }
    }
    checkWays(table, title: title)
    if document.child("name", of: table) == nil {
      if !isPartial { complain(at: document.nodes[table].position, "\(title): name is missing") }
      faulty.insert("name")
    }
    for problem in definition.problems(groupKeys: groupKeys(table), isAlertmanager: way?.name == "alertmanager")
    where !faulty.contains(problem.path[0]) {
      complain(
        at: position(of: problem.path, in: table),
        "\(title): \(problem.path.map { DocumentReading.quoted($0) }.joined(separator: ".")): \(problem.message)")
    }
    guard let way else { return nil }
    switch way {
    case .mail: definition.gathersWhileBusy = true
    case .alertmanager(let alertmanager): definition.resend = alertmanager.resend
    case .webhook, .command: break
    }
    let receiver = ReceiverSettings(definition, by: way)
    if faulty.isDisjoint(with: names) {
      for problem in surroundings.receivers?.problems(of: receiver) ?? [] {
        complain(
          at: position(of: problem.path, in: table),
          "\(title): \(problem.path.joined(separator: ".")): \(problem.message)")
      }
    }
    return receiver
  }

  /// The keys of grouping that the file sets.
  private func groupKeys(_ table: Int) -> [String] {
    ["group_wait", "group_interval"].filter { document.child($0, of: table) != nil }
  }

  /// A receiver has one way.
  private func checkWays(_ table: Int, title: String) {
    let ways = document.nodes[table].children.filter { child in
      ReceiverKey.ways.contains { $0.rawValue == document.nodes[child].key }
    }
    if ways.isEmpty, !isPartial {
      complain(
        at: document.nodes[table].position,
        "\(title): nobody knows how to tell it: write one of webhook, alertmanager, mail, command")
    }
    if ways.count > 1 {
      let keys = ways.map { document.nodes[$0].key }
      complain(
        at: document.nodes[ways[1]].keyPosition,
        "\(title): \(keys[0]) and \(keys[1]) are both set; keep one, and write a second receiver for the other")
    }
  }

  private func read(_ key: ReceiverKey, at place: NamedValue, into definition: inout ReceiverDefinition) {
    switch key {
    case .name: definition.name = place.rawText("write a text in quotes") ?? ""
    case .match: definition.match = matches(place, prefix: "")
    case .groupBy:
      definition.groupBy = place.texts(
        "write parts of a transition in brackets, as in group_by = [\"rule\"]", most: ReceiverDefinition.Bounds.parts
      ) { text in ReceiverDefinition.problem(ofPart: text) }
    case .groupWait:
      definition.groupWait = place.duration(ReceiverDefinition.Bounds.groupWait) ?? definition.groupWait
    case .groupInterval:
      definition.groupInterval = place.duration(ReceiverDefinition.Bounds.groupInterval) ?? definition.groupInterval
    case .repeat: definition.tellsReminders = place.boolean() ?? false
    case .giveUpAfter:
      definition.giveUpAfter = place.duration(ReceiverDefinition.Bounds.giveUpAfter) ?? definition.giveUpAfter
    case .webhook, .alertmanager, .mail, .command: break
    }
  }

  /// `{ severity = "critical", "labels.team" = "infra" }`; without the quotes, `labels.team` is a table.
  private func matches(_ place: NamedValue, prefix: String) -> [ReceiverDefinition.Match] {
    let wanted = "write parts with patterns, such as { severity = \"critical\", \"labels.team\" = \"infra*\" }"
    let node = document.nodes[place.node]
    guard case .table = node.value else {
      place.complainOfType(wanted)
      return []
    }
    return node.children.flatMap { child -> [ReceiverDefinition.Match] in
      let key = document.nodes[child].key
      let part = prefix + key
      let entry = NamedValue(reading: self, node: child, name: "\(place.name).\(DocumentReading.quoted(key))")
      if part == "labels", document.nodes[child].value == .table { return matches(entry, prefix: "labels.") }
      if let problem = ReceiverDefinition.problem(ofPart: part) {
        complain(at: document.nodes[child].keyPosition, "\(place.name): \(problem)")
        return []
      }
      guard let glob = entry.rawText(wanted) else { return [] }
      if let problem = ReceiverDefinition.problem(ofGlob: glob, for: part) {
        entry.complain(problem)
        return []
      }
      return [ReceiverDefinition.Match(part: part, glob: glob)]
    }
  }

  /// Checks that receivers have different names, because their states are kept under them, and rules' labels for those
  /// who change them.
  func checkReceivers() {
    checkNames(of: "receiver")
    let ways = settings.receivers.map(\.way.name)
    guard let checks = surroundings.receivers else { return }
    for way in ReceiverKey.ways.map(\.rawValue) where ways.contains(way) {
      for (rule, node) in zip(settings.rules, ruleNodes) {
        for problem in checks.problems(ofLabels: rule.labels.map(\.name), forWay: way) {
          complain(
            at: position(of: ["labels"], in: node),
            "rule \(DocumentReading.quoted(rule.name)): labels: \(problem)")
        }
      }
    }
  }
}
