import Records
import TestRandom

@testable import Rules

/// A bug that the harness plants to show that it would detect one.
enum PlantedMistake: CaseIterable {
  /// The low-water mark is after a change that isn't written.
  case lowWaterTooHigh
  /// A checkpoint claims to cover one record more than it does.
  case stampedLate
  /// A replay begins with the Kafka time of its end.
  case laterLogTime
  /// The offset from which records without a key are marked isn't stored.
  case keylessForgotten
  /// State that a change of rules ends isn't written with it.
  case reloadUnwritten
  /// A rule that begins anew keeps the number of the life that ended.
  case livesRenumbered
  /// A forgotten subject keeps its checkpoint.
  case goneKept
  /// Chunks of samples aren't written.
  case chunkMissing
  /// State that silence changed isn't written with its transitions.
  case silenceUnwritten
  /// The offset of the first refused subject isn't stored.
  case refusalForgotten
  /// A subject that is admitted after a refusal isn't written with the next position.
  case admissionUnwritten
}

/// Steps of an engine, with deliveries and crashes. An engine that is restored from the changelog must be like one that
/// never stopped.
struct RestoreCase: PropertyCase {
  struct Step: CustomStringConvertible {
    var event: EngineStep
    /// The topic has several partitions from this step on.
    var grows = false
    /// The milliseconds that pass before the step.
    var pause: Int64
    /// The delivery after the step: writes up to `limit` subjects that changed at least `age` milliseconds ago.
    var delivery: (age: Int64, limit: Int)?
    /// Whether the evaluator is killed after that.
    var crashes = false

    /// Whether a delivery follows. It always does after a change of rules.
    var delivers: Bool {
      if case .reload = event { return true }
      return delivery != nil
    }

    var description: String {
      var text = "\(event)"
      if grows { text += ", topic grows" }
      if let delivery { text += ", delivery of what is \(delivery.age) ms old, \(delivery.limit) at most" }
      return crashes ? text + ", CRASH" : text
    }
  }

  var rules: [Rule]
  var bounds: RuleSet.Bounds
  var steps: [Step]
  /// Whether Kafka's times are the broker's, so that they count as never falling.
  var logAppends: Bool
  /// The maximum number of subjects; nil if there is no limit.
  var limit: Int?

  var description: String {
    (rules.map { "  rule  \($0.oneLine)" } + steps.enumerated().map { "  \($0): \($1)" }).joined(separator: "\n")
  }

  /// A case drawn from `seed`.
  init(seed: UInt64) {
    let base = EngineCase(seed: seed)
    var random = SeededRandom(seed: seed ^ 0x5EED)
    rules = base.rules
    bounds = base.bounds
    logAppends = !random.once(in: 4)
    var events = random.once(in: 3) ? RestoreCase.withBursts(base.steps, &random) : base.steps
    if random.once(in: 4) {
      limit = random.pick([1, 2, 3])
      events = RestoreCase.crowded(events, &random)
      for rule in rules.indices { rules[rule].match = [] }
    }
    let growth = random.once(in: 3) ? Int.random(in: 0..<events.count, using: &random) : -1
    let often = random.pick([2, 4, 10])
    steps = events.enumerated().map { index, event in
      var event = event
      if case .record(var record) = event {
        if random.once(in: 6) { record.hasKey = false }
        if random.once(in: 6), record.kafkaTime > 0 { record.kafkaTime -= random.pick([1, 1000, 100_000]) }
        event = .record(record)
      }
      var step = Step(event: event, grows: index == growth, pause: random.pick([0, 0, 1, 60, 200, 1000]))
      if random.once(in: often) {
        step.delivery = (random.pick([0, 1, 100, 1000, 100_000]), random.pick([0, 1, 1, 2, .max]))
      }
      step.crashes = random.once(in: 8)
      return step
    }
  }

  /// The same with more hosts than the limit. Each record changes some state, which a restart restores.
  private static func crowded(_ events: [EngineStep], _ random: inout SeededRandom) -> [EngineStep] {
    let hosts = ["web-1", "db-1", "web-2", "web-3", "web-9"]
    return events.compactMap { event in
      switch event {
      case .record(var record):
        record.host = random.pick(hosts)
        (record.boot, record.sequence, record.notNumbers) = (0, -1, [:])
        for metric in ["cpu", "memory"] where record.numbers[metric] == nil { record.numbers[metric] = 50 }
        return .record(record)
      case .forget: return .forget(random.pick(hosts))
      case .reload, .silence: return nil
      }
    }
  }

  /// The same with stretches in which one host sends many samples in a row, enough to fill chunks.
  private static func withBursts(_ events: [EngineStep], _ random: inout SeededRandom) -> [EngineStep] {
    var later: Int64 = 0
    var sent: Int64 = 0
    var bursts = 0
    return events.flatMap { event -> [EngineStep] in
      guard case .record(var record) = event else { return [event] }
      var copies: [EngineStep] = []
      let count = random.once(in: 8) && bursts < 2 ? Int.random(in: 20...70, using: &random) : 1
      let pace: Int64 = random.pick([1, 50, 900, 5000])
      if count > 1 { bursts += 1 }
      record.time += later
      if record.kafkaTime >= 0 { record.kafkaTime += later }
      if record.sequence >= 0 { record.sequence += sent }
      for _ in 0..<count {
        copies.append(.record(record))
        record.time += pace
        if record.kafkaTime >= 0 { record.kafkaTime += pace }
        if record.sequence >= 0 { record.sequence += 1 }
        for metric in record.numbers.keys where random.once(in: 3) {
          record.numbers[metric] = random.pick([5, 49.97, 1e-7, 95.5, 1e300, 70])
        }
      }
      if count > 1 { (later, sent) = (later + Int64(count) * pace, sent + Int64(count)) }
      return copies
    }
  }

  /// The results of an engine that never stops.
  private struct Truth {
    var transitions: [[Transition]] = []
    /// Its state after each step that delivers, and after the last one.
    var images: [[UInt8]?] = []
  }

  /// One engine on its way through the steps.
  private struct Run {
    var engine: Engine
    var set: RuleSet
    let bounds: RuleSet.Bounds
    let logAppends: Bool

    mutating func take(_ step: Step, at offset: Int64, into transitions: inout [Transition]) {
      engine.now += step.pause
      if step.grows, engine.keylessFrom == nil { engine.keylessFrom = offset }
      switch step.event {
      case .record(let record):
        PlainView.with(record, timed(record), set.plan) { engine.apply(record: $0, offset: offset, into: &transitions) }
      case .reload(let rules):
        set = RuleSet(rules, bounds: bounds)
        engine.replaceRules(set, into: &transitions)
      case .forget(let subject):
        var name = subject
        name.withUTF8 { engine.forget(subject: UnsafeRawBufferPointer($0), offset: offset, into: &transitions) }
      case .silence:
        // Long enough for every subject, because the monotonic clocks of two processes can't be compared.
        engine.now += 864_000_000
        while !engine.declareSilence(since: engine.now - 864_000_000, limit: 1, into: &transitions) {}
      }
    }

    mutating func replay(_ step: Step, at offset: Int64) {
      switch step.event {
      case .record(let record):
        PlainView.with(record, timed(record), set.plan) { engine.replay(record: $0, offset: offset) }
      case .reload, .silence: break
      case .forget(let subject):
        var name = subject
        var made: [Transition] = []
        name.withUTF8 {
          engine.state.pointee.replayForget(UnsafeRawBufferPointer($0), offset: offset, into: &made)
        }
      }
    }

    /// The Kafka time that counts for the record.
    private func timed(_ record: PlainRecord) -> Int64 {
      guard logAppends else { return record.kafkaTime }
      engine.logTime = max(engine.logTime, record.kafkaTime)
      return engine.logTime
    }
  }

  private func begin() -> Run {
    let set = RuleSet(rules, bounds: bounds)
    return Run(
      engine: Engine(
        rules: set, topic: ReferenceEngine.topic, partition: ReferenceEngine.partition,
        room: SubjectRoom(limit: limit)), set: set,
      bounds: bounds, logAppends: logAppends)
  }

  private func truth() -> Truth {
    var truth = Truth()
    var run = begin()
    for (offset, step) in steps.enumerated() {
      var transitions: [Transition] = []
      run.take(step, at: Int64(offset), into: &transitions)
      truth.transitions.append(RestoreCase.sorted(transitions, step))
      truth.images.append(step.delivers || offset == steps.count - 1 ? run.engine.image() : nil)
    }
    return truth
  }

  /// The order of several subjects' or rules' transitions at one step isn't specified.
  private static func sorted(_ transitions: [Transition], _ step: Step) -> [Transition] {
    if case .forget = step.event { return transitions }
    return transitions.sorted { ($0.subject, $0.rule) < ($1.subject, $1.rule) }
  }

  /// The first difference between an engine that crashes and one that doesn't; nil if there is none.
  func difference(_ mistake: PlantedMistake?) -> String? {
    let truth = truth()
    var run = begin()
    var keeper = Keeper(mistake: mistake, limit: limit)
    keeper.deliver(run.engine, position: 0)
    var crashed = Array(repeating: false, count: steps.count)
    var place = 0
    while place < steps.count {
      let step = steps[place]
      var transitions: [Transition] = []
      run.take(step, at: Int64(place), into: &transitions)
      if RestoreCase.sorted(transitions, step) != truth.transitions[place] {
        return "step \(place): \(transitions)\n  and should be \(truth.transitions[place])"
      }
      if let image = truth.images[place], run.engine.image() != image { return "step \(place): another state" }
      place += 1
      if case .silence = step.event, mistake == .silenceUnwritten { run.engine.state.pointee.debt.due = [] }
      if mistake == .admissionUnwritten { run.engine.state.pointee.debt.due = [] }
      if case .reload = step.event {
        keeper.deliver(run.engine, position: Int64(place), isReload: true)
      } else if let (age, limit) = step.delivery {
        let time = run.engine.now - age + 1
        keeper.deliver(run.engine, position: Int64(place), changedBefore: time, limit: limit)
      }
      if step.crashes, !crashed[place - 1] {
        crashed[place - 1] = true
        switch restored(keeper, run.engine.now) {
        case .success(let next): run = next
        case .failure(let problem): return "after step \(place - 1): \(problem)"
        }
        place = Int(keeper.marker.position)
        if place > 0, run.engine.image() != truth.images[place - 1] {
          return "restored before step \(place): another state"
        }
      }
    }
    return nil
  }

  private func restored(_ keeper: Keeper, _ now: Int64) -> Result<Run, ChangelogProblem> {
    Result { () throws(ChangelogProblem) in
      let engine = try keeper.restored()
      engine.now = now
      let (from, to) = (Int(keeper.marker.lowWater), Int(keeper.marker.position))
      var run = Run(engine: engine, set: engine.rules, bounds: bounds, logAppends: logAppends)
      for offset in from..<to { run.replay(steps[offset], at: Int64(offset)) }
      engine.finishReplay(keeper.marker)
      return run
    }
  }

  /// `difference` without a planted bug.
  func difference() -> String? { difference(nil) }
}
