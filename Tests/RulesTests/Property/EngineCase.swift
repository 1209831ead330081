import Records

@testable import Rules

/// One step of a case.
enum EngineStep: Equatable, CustomStringConvertible {
  case record(PlainRecord)
  case reload([Rule])
  case forget(String)
  /// `after` milliseconds pass. Then silence is declared in a partition that has been held for `heldFor` milliseconds.
  case silence(after: Int64, heldFor: Int64)

  var description: String {
    switch self {
    case .record(let record): "record \(record)"
    case .reload(let rules): "reload\n" + rules.map { "      \($0.oneLine)" }.joined(separator: "\n")
    case .forget(let subject): "forget \(subject)"
    case .silence(let after, let heldFor): "after \(after) ms, held for \(heldFor) ms: who is silent?"
    }
  }
}

/// Rules and steps, run through both engines to find differences.
struct EngineCase: Equatable, PropertyCase {
  var rules: [Rule]
  var steps: [EngineStep]
  var bounds = RuleSet.Bounds()

  var description: String {
    (["  \(bounds)"] + rules.map { "  rule  \($0.oneLine)" } + steps.enumerated().map { "  \($0): \($1)" }).joined(
      separator: "\n")
  }

  /// The first difference between the engines; nil if there is none.
  func difference() -> String? {
    var reference = ReferenceEngine(rules, bounds: bounds)
    var set = RuleSet(rules, bounds: bounds)
    let engine = Engine(rules: set, topic: ReferenceEngine.topic, partition: ReferenceEngine.partition)
    var said: [Happening] = []
    var since = Int64.min
    for (index, step) in steps.enumerated() {
      let offset = Int64(index)
      var got: [Transition] = []
      var want: [Transition] = []
      switch step {
      case .record(let record):
        want = EngineCase.withForgottenSorted(reference.apply(record, offset: offset))
        engine.logTime = max(engine.logTime, record.kafkaTime)
        PlainView.with(record, set.plan) { engine.apply(record: $0, offset: offset, into: &got) }
        got = EngineCase.withForgottenSorted(got)
      case .silence(let after, let heldFor):
        engine.now += after
        // The partition can't have been held for longer than before.
        since = max(since, engine.now - heldFor)
        want = EngineCase.sorted(reference.silence(at: engine.now, since: since))
        while !engine.declareSilence(since: since, limit: 1, into: &got) {}
        got = EngineCase.sorted(got)
      case .reload(let rules):
        set = RuleSet(rules, bounds: bounds)
        want = EngineCase.sorted(reference.replaceRules(rules))
        engine.replaceRules(set, into: &got)
        got = EngineCase.sorted(got)
      case .forget(let subject):
        want = reference.forget(subject)
        var name = subject
        name.withUTF8 { engine.forget(subject: UnsafeRawBufferPointer($0), offset: Int64(index), into: &got) }
      }
      if got != want { return "step \(index): the engine says\n\(text(got))\n  and should say\n\(text(want))" }
      said += engine.takeHappenings()
      if index % 8 != 7, index != steps.count - 1 { continue }
      let counts = reference.counts
      let counters = engine.counters
      if counters.firing != counts.firing || counters.pending != counts.pending {
        return
          "step \(index): the engine counts \(counters.firing) firing, \(counters.pending) pending: it is \(counts)"
      }
    }
    return differenceOfCounts(reference, engine, said)
  }

  private func differenceOfCounts(_ reference: ReferenceEngine, _ engine: Engine, _ said: [Happening]) -> String? {
    let counters = engine.counters
    if counters.repeated != reference.repeated || counters.late != reference.late {
      return "\(counters.repeated) repeated, \(counters.late) late: it is \(reference.repeated), \(reference.late)"
    }
    let setBacks = said.filter { if case .clockSetBack = $0 { true } else { false } }
    if setBacks != reference.setBacks { return "set back: \(setBacks)\n  and should be \(reference.setBacks)" }
    let odd = said.filter {
      switch $0 {
      case .numbersFell, .sharedName: true
      default: false
      }
    }
    if odd != reference.oddNumbers { return "numbers: \(odd)\n  and should be \(reference.oddNumbers)" }
    if counters.numbersFell != reference.numbersFell {
      return "numbers fell \(counters.numbersFell) times: it is \(reference.numbersFell)"
    }
    return nil
  }

  private func text(_ transitions: [Transition]) -> String {
    transitions.isEmpty ? "    nothing" : transitions.map { "    \($0)" }.joined(separator: "\n")
  }

  /// The order of forgotten subjects isn't specified, but they come before the record's transitions.
  private static func withForgottenSorted(_ transitions: [Transition]) -> [Transition] {
    let gone = transitions.prefix { $0.reason == .forgotten }
    return sorted(Array(gone)) + transitions.dropFirst(gone.count)
  }

  private static func sorted(_ transitions: [Transition]) -> [Transition] {
    transitions.sorted { ($0.subject, $0.rule) < ($1.subject, $1.rule) }
  }
}

extension Rule {
  /// For messages.
  var oneLine: String {
    var text = "\(name): \(metric) \(side) warning \(limits.warning.map { "\($0)" } ?? "-")"
    text += " critical \(limits.critical.map { "\($0)" } ?? "-")"
    if clear != Limits() {
      text += " clear \(clear.warning.map { "\($0)" } ?? "-") \(clear.critical.map { "\($0)" } ?? "-")"
    }
    text += " for \(hold.text) keep_firing_for \(keepFiringFor.text) no_data_after \(noDataAfter?.text ?? "follows")"
    if let window { text += " \(aggregate) over \(window.text)" }
    if let atLeast { text += " at_least \(atLeast.count) of \(atLeast.of)" }
    if noData != .keep { text += " no_data \(noData)" }
    if let repeatEvery { text += " repeat_every \(repeatEvery.text)" }
    return text + match.map { " match \($0.field)=\($0.glob)" }.joined()
  }
}
