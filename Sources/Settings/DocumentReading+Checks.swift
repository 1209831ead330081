import Platform
import Rules

extension DocumentReading {
  /// Checks that topics have different names, also for brokers: their metrics have `_` for `.`, and they refuse to
  /// create a topic that would share them with another.
  func checkTopics() {
    let topics = settings.topics.named
    for (index, (key, name)) in topics.enumerated() {
      for (other, otherName) in topics[..<index] where DocumentReading.metric(name) == DocumentReading.metric(otherName)
      {
        // One of the two may be a default, which has no place in the file.
        let written = [key, other].compactMap { find("topics", $0) }
        guard let node = written.max(by: { document.nodes[$0].position < document.nodes[$1].position }) else {
          continue
        }
        let why = name == otherName ? "are the same topic" : "differ only in '.' and '_', which Kafka refuses"
        complain(
          at: document.nodes[node].position, "topics.\(other) and topics.\(key) \(why); give each a name of its own")
      }
    }
  }

  private static func metric(_ topic: String) -> String { String(topic.map { $0 == "." ? "_" : $0 }) }

  /// Checks that evaluators, meters and forwarders are in different groups, because members of a group share the topics of
  /// all.
  func checkGroups() {
    let groups = [
      ("evaluator", settings.evaluator.group), ("meter", settings.meter.group), ("forward", settings.forward.group),
    ]
    for (index, (table, group)) in groups.enumerated() {
      for (other, otherGroup) in groups[..<index] where group == otherGroup {
        // One of the two may be a default, which has no place in the file.
        let written = [find(other, "group"), find(table, "group")].compactMap { $0.map { document.nodes[$0].position } }
        guard let position = written.max() else { continue }
        complain(
          at: position, "\(other).group and \(table).group are the same group; give each a name of its own")
      }
    }
  }

  /// Checks that rules have different names, because alerts are keyed by them.
  package func checkRuleNames() { checkNames(of: "rule") }

  /// Checks that the tables of `[[what]]` have different names.
  func checkNames(of what: String) {
    var first: [String: Complaint.Position] = [:]
    for node in tables(of: what) {
      guard let child = document.child("name", of: node), case .string(let name) = document.nodes[child].value else {
        continue
      }
      let position = document.nodes[child].position
      if let earlier = first[name] {
        complain(
          at: position,
          "\(what).name: \"\(DocumentReading.quoted(name))\" is already the name of the \(what) at line \(earlier.line), "
            + "column \(earlier.column); give each \(what) a name of its own")
      } else {
        first[name] = position
      }
    }
  }

  /// Adds advice on valid rules that don't fit the interval of this agent's records.
  func checkPace() {
    guard settings.run.role.samples else { return }
    for (rule, node) in zip(settings.rules, ruleNodes) where rule.stream == nil {
      guard let advice = rule.advice(samplesEvery: settings.agent.interval) else { continue }
      complain(
        at: position(of: advice.path, in: node), "rule \(DocumentReading.quoted(rule.name)): \(advice.message)", .advice
      )
    }
  }

  /// Adds advice if hosts can take more memory than the unit allows.
  func checkMemory() {
    guard settings.run.role.evaluates else { return }
    let memory = settings.subjectMemory
    let (most, isOver) = memory.most.multipliedReportingOverflow(by: settings.evaluator.maxSubjects)
    if !isOver, most <= Settings.unitsMemory - Settings.ownMemory { return }
    complain(
      at: find("evaluator", "max_subjects").map { document.nodes[$0].position },
      "evaluator.max_subjects: \(settings.memoryInWords), which is more than the unit allows (MemoryMax=1G); "
        + "lower max_subjects to the number of hosts, shorten the rules' windows, or raise MemoryMax", .advice)
  }

  /// The tables of `[[rule]]`, in the order of the file.
  var ruleNodes: [Int] { tables(of: "rule") }

  /// The tables of `[[name]]`, in the order of the file.
  func tables(of name: String) -> [Int] {
    guard let array = find(name), case .array = document.nodes[array].value else { return [] }
    return document.nodes[array].children.filter { document.nodes[$0].value == .table }
  }
}
