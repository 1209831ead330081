import Records

@testable import Rules

/// A mistake that the harness makes on purpose, to show that it would see one.
enum PlantedMistake: CaseIterable {
  /// The low-water mark lies behind a change that isn't written.
  case lowWaterTooHigh
  /// A checkpoint says that it holds one record more than it does.
  case stampedLate
  /// A replay begins with the Kafka time that was reached at its end.
  case laterLogTime
  /// The offset from which records without a key are marked isn't kept.
  case keylessForgotten
  /// What a change of rules takes away isn't written with it.
  case reloadUnwritten
  /// A rule that begins anew keeps the number of the life that ended.
  case livesRenumbered
  /// A subject that is gone keeps its checkpoint.
  case goneKept
}

/// What happens to an engine, when its state is written, and when it is lost: an engine that comes back from the
/// changelog must be as one that never stopped.
struct RestoreCase: CustomStringConvertible {
  struct Step: CustomStringConvertible {
    var event: EngineStep
    /// The topic has several partitions from this step on.
    var grows = false
    /// Milliseconds that pass before it.
    var pause: Int64
    /// Then a delivery: subjects that changed so many milliseconds ago are written, so many at most.
    var delivery: (age: Int64, limit: Int)?
    /// Then the evaluator is killed.
    var crashes = false

    /// There is a delivery behind it: a change of rules has one always.
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
  var steps: [Step]
  /// Kafka's times are the broker's, so that they count as never falling.
  var logAppends: Bool

  var description: String {
    (rules.map { "  rule  \($0.oneLine)" } + steps.enumerated().map { "  \($0): \($1)" }).joined(separator: "\n")
  }

  /// A case drawn from `seed`.
  init(seed: UInt64) {
    let base = EngineCase(seed: seed)
    var random = SplitMix(seed: seed ^ 0x5EED)
    rules = base.rules.map(RestoreCase.storable)
    logAppends = !random.one(in: 4)
    let growth = random.one(in: 3) ? Int.random(in: 0..<base.steps.count, using: &random) : -1
    let often = random.pick([2, 4, 10])
    steps = base.steps.enumerated().map { index, event in
      var event = event
      if case .reload(let rules) = event { event = .reload(rules.map(RestoreCase.storable)) }
      if case .record(var record) = event {
        if random.one(in: 6) { record.hasKey = false }
        if random.one(in: 6), record.kafkaTime > 0 { record.kafkaTime -= random.pick([1, 1000, 100_000]) }
        event = .record(record)
      }
      var step = Step(event: event, grows: index == growth, pause: random.pick([0, 0, 1, 60, 200, 1000]))
      if random.one(in: often) {
        step.delivery = (random.pick([0, 1, 100, 1000, 100_000]), random.pick([0, 1, 1, 2, .max]))
      }
      step.crashes = random.one(in: 8)
      return step
    }
  }

  /// The rule without what checkpoints don't hold.
  private static func storable(_ rule: Rule) -> Rule {
    var rule = rule
    (rule.window, rule.aggregate, rule.atLeast, rule.noData) = (nil, .last, nil, .keep)
    return rule
  }

  /// What one that never stopped does.
  private struct Truth {
    var transitions: [[Transition]] = []
    /// Its state after each step after which there may be a delivery.
    var images: [[UInt8]?] = []
  }

  /// One engine on its way through the steps.
  private struct Run {
    var engine: Engine
    var set: RuleSet
    let logAppends: Bool

    mutating func take(_ step: Step, at offset: Int64, into transitions: inout [Transition]) {
      engine.now += step.pause
      if step.grows, engine.keylessFrom == nil { engine.keylessFrom = offset }
      switch step.event {
      case .record(let record):
        PlainView.with(record, timed(record), set.plan) { engine.apply(record: $0, offset: offset, into: &transitions) }
      case .reload(let rules):
        set = RuleSet(rules)
        engine.replaceRules(set, into: &transitions)
      case .forget(let subject):
        var name = subject
        name.withUTF8 { engine.forget(subject: UnsafeRawBufferPointer($0), into: &transitions) }
      case .silence(let after, _): engine.now += after
      }
    }

    mutating func replay(_ step: Step, at offset: Int64) {
      switch step.event {
      case .record(let record):
        PlainView.with(record, timed(record), set.plan) { engine.replay(record: $0, offset: offset) }
      case .reload, .silence: break
      case .forget(let subject):
        var name = subject
        name.withUTF8 { engine.state.pointee.replayForget(UnsafeRawBufferPointer($0), offset: offset) }
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
    let set = RuleSet(rules)
    return Run(
      engine: Engine(rules: set, topic: ReferenceEngine.topic, partition: ReferenceEngine.partition), set: set,
      logAppends: logAppends)
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

  /// In which order a change of rules speaks of subjects is no part of its meaning.
  private static func sorted(_ transitions: [Transition], _ step: Step) -> [Transition] {
    guard case .reload = step.event else { return transitions }
    return transitions.sorted { ($0.subject, $0.rule) < ($1.subject, $1.rule) }
  }

  /// Where an engine that is lost now and then parts from one that isn't; nil: nowhere.
  func difference(_ mistake: PlantedMistake? = nil) -> String? {
    let truth = truth()
    var run = begin()
    var keeper = Keeper(mistake: mistake)
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
      var run = Run(engine: engine, set: engine.rules, logAppends: logAppends)
      for offset in from..<to { run.replay(steps[offset], at: Int64(offset)) }
      engine.finishReplay(keeper.marker)
      return run
    }
  }

  /// The smallest case found that still shows a difference.
  func shrunk() -> RestoreCase {
    var best = self
    var size = max(1, best.steps.count / 2)
    while size > 0 {
      var start = 0
      var cut = false
      while start < best.steps.count {
        var smaller = best
        smaller.steps.removeSubrange(start..<min(start + size, smaller.steps.count))
        if smaller.difference() != nil {
          best = smaller
          cut = true
        } else {
          start += size
        }
      }
      if !cut { size /= 2 }
    }
    for index in best.rules.indices.reversed() where best.rules.count > 1 {
      var smaller = best
      smaller.rules.remove(at: index)
      if smaller.difference() != nil { best = smaller }
    }
    return best
  }
}
