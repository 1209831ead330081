import Rules

/// What the demo does when: it measures this machine, chooses a limit that a load will pass, and follows one alert
/// through its life. A state machine without input or output; the caller shows, loads and reloads.
///
/// Nothing is taken for granted of the machine: the limit lies between what was measured at rest and under a trial load,
/// and where something else moves the CPU meanwhile, it is measured anew.
struct DemoStory {
  /// What one sample says of the CPUs, in percent.
  struct Sample: Equatable {
    var usage: Double
    var user: Double
    var system: Double
  }

  /// A load to put on the machine.
  enum Load: Equatable {
    /// Computing, on each CPU, at low priority: nobody else has to wait for it.
    case computing
    /// Reading zeros from the kernel, on so many threads for each CPU: what shows on a machine that is busy computing.
    case reading(threadsPerCPU: Int)
  }

  /// What the caller does next.
  enum Action: Equatable {
    /// Tells the user.
    case say(String)
    /// Begins a load; nil: ends it.
    case load(Load?)
    /// Gives the evaluator this rule in place of all others.
    case rule(Rule)
  }

  private enum Phase {
    case measuring(rest: [Sample])
    case trying(rest: [Sample], trial: [Sample], isFirst: Bool)
    case resting(samples: Int)
    case loading(samples: Int)
    case recovering(samples: Int)
    case over
  }

  /// Samples that are measured at rest, and under the trial load.
  private static let measured = 3
  /// Samples without what is waited for, until it is measured anew.
  private static let patience = 20

  private var phase = Phase.measuring(rest: [])
  private var load = Load.computing
  private var limit = 0.0
  /// How often it was measured anew.
  private var attempts = 0

  /// Whether an alert was raised by the load and resolved after it.
  var isTold: Bool { if case .over = phase { true } else { false } }

  /// A sample with CPU rates has come.
  mutating func take(_ sample: Sample) -> [Action] {
    switch phase {
    case .measuring(let rest): return measure(rest + [sample])
    case .trying(let rest, let trial, let isFirst):
      // The load began in the middle of the first one.
      return isFirst ? wait(.trying(rest: rest, trial: [], isFirst: false)) : tryOut(rest, trial + [sample])
    case .resting(let samples):
      if samples >= Self.patience { return again() }
      if value(of: sample) > limit { return wait(.resting(samples: samples + 1)) }
      phase = .loading(samples: 0)
      return [
        .say("Now a real load. The rule must hold for 2s of the samples' own time; till then the alert is pending."),
        .load(load),
      ]
    case .loading(let samples):
      return samples < Self.patience ? wait(.loading(samples: samples + 1)) : again()
    case .recovering(let samples):
      return samples < Self.patience ? wait(.recovering(samples: samples + 1)) : again()
    case .over: return []
    }
  }

  /// The alert fires.
  mutating func alertFires() -> [Action] {
    guard case .loading = phase else { return [] }
    phase = .recovering(samples: 0)
    return [
      .say("The alert fires: one record in the topic 'alerts', keyed by rule and host. The load ends now."), .load(nil),
    ]
  }

  /// The alert is resolved.
  mutating func alertIsResolved() -> [Action] {
    guard case .recovering = phase else { return [] }
    phase = .over
    return [.say("The alert is resolved: that was its whole life.")]
  }

  private mutating func wait(_ next: Phase) -> [Action] {
    phase = next
    return []
  }

  private mutating func again() -> [Action] {
    phase = .measuring(rest: [])
    attempts += 1
    return [.load(nil), .say("Something else moves this machine's CPU. It is measured anew.")]
  }

  private mutating func measure(_ rest: [Sample]) -> [Action] {
    guard rest.count >= Self.measured else { return wait(.measuring(rest: rest)) }
    let level = rest.map(\.usage).max() ?? 0
    load = level < 70 ? .computing : .reading(threadsPerCPU: 4 << min(attempts, 3))
    phase = .trying(rest: rest, trial: [], isFirst: true)
    let found = "\(load == .computing ? "At rest this" : "This busy") machine's CPU is at \(level.text)%."
    return [.say("\(found) How far does a load move it? A short trial:"), .load(load)]
  }

  private mutating func tryOut(_ rest: [Sample], _ trial: [Sample]) -> [Action] {
    guard trial.count >= Self.measured else {
      return wait(.trying(rest: rest, trial: trial, isFirst: false))
    }
    let calm = rest.map(value)
    let most = calm.max() ?? 0
    let spread = most - (calm.min() ?? 0)
    let least = trial.map(value).min() ?? 0
    guard least - most > 0.5 + spread else { return again() }
    limit = ((most + least) / 2 * 10).rounded() / 10
    phase = .resting(samples: 0)
    return [
      .load(nil),
      .say("So the evaluator gets this rule, as a reload would give it: \(metric) above \(limit.text), for 2s."),
      .rule(rule),
    ]
  }

  private func value(of sample: Sample) -> Double { load == .computing ? sample.usage : sample.system }

  private var metric: String { load == .computing ? "cpu_usage" : "cpu_system" }

  private var rule: Rule {
    var rule = Rule(name: "cpu-high", metric: metric, side: .above, limits: Rule.Limits(critical: limit))
    rule.hold = .seconds(2)
    rule.keepFiringFor = .seconds(1)
    rule.summary = "CPU of {{host}} at {{value}}% (limit {{threshold}})"
    return rule
  }
}

extension Double {
  /// With one decimal at most.
  fileprivate var text: String {
    let tenths = (self * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
  }
}
