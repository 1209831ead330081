import Rules

/// The steps of the demo: it measures this machine, chooses a limit that a load will breach, and follows one alert
/// through its life. A state machine without input or output; the caller shows, loads and reloads.
///
/// It assumes nothing about the machine: the limit lies between the values measured at rest and under a trial load. If
/// another load disturbs the CPU meanwhile, it measures again.
struct DemoStory {
  /// The CPU usage of one sample, in percent.
  struct Sample: Equatable {
    var usage: Double
    var user: Double
    var system: Double
  }

  /// A load to put on the machine.
  enum Load: Equatable {
    /// Computing, on each CPU, at low priority, so that other processes don't wait.
    case computing
    /// Reading zeros from the kernel, on this many threads for each CPU: visible even on a machine that is busy
    /// computing.
    case reading(threadsPerCPU: Int)
  }

  /// An action of the caller.
  enum Action: Equatable {
    /// Shows a text to the user.
    case say(String)
    /// Begins a load; nil ends it.
    case load(Load?)
    /// Replaces the evaluator's rules by this one.
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

  /// The number of samples measured at rest, and under the trial load.
  private static let measured = 3
  /// The number of samples to wait for an event before measuring again.
  private static let patience = 20

  private var phase = Phase.measuring(rest: [])
  private var load = Load.computing
  private var limit = 0.0
  /// How often it measured again.
  private var attempts = 0

  /// Whether the alert has fired and resolved.
  var isTold: Bool { if case .over = phase { true } else { false } }

  /// Takes a sample with CPU rates.
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
        .say("Now the load begins. The alert is pending; it fires after 2s of the samples' own time."),
        .load(load),
      ]
    case .loading(let samples):
      return samples < Self.patience ? wait(.loading(samples: samples + 1)) : again()
    case .recovering(let samples):
      return samples < Self.patience ? wait(.recovering(samples: samples + 1)) : again()
    case .over: return []
    }
  }

  /// Called when the alert fires.
  mutating func alertFires() -> [Action] {
    guard case .loading = phase else { return [] }
    phase = .recovering(samples: 0)
    return [
      .say("The alert fires: one record in the topic 'alerts', keyed by rule and host. Now the load ends."), .load(nil),
    ]
  }

  /// Called when the alert is resolved.
  mutating func alertIsResolved() -> [Action] {
    guard case .recovering = phase else { return [] }
    phase = .over
    return [.say("The alert is resolved.")]
  }

  private mutating func wait(_ next: Phase) -> [Action] {
    phase = next
    return []
  }

  private mutating func again() -> [Action] {
    phase = .measuring(rest: [])
    attempts += 1
    return [.load(nil), .say("Another load disturbs the measurement. Measuring again.")]
  }

  private mutating func measure(_ rest: [Sample]) -> [Action] {
    guard rest.count >= Self.measured else { return wait(.measuring(rest: rest)) }
    let level = rest.map(\.usage).max() ?? 0
    load = level < 70 ? .computing : .reading(threadsPerCPU: 4 << min(attempts, 3))
    phase = .trying(rest: rest, trial: [], isFirst: true)
    let found = "\(load == .computing ? "At rest this" : "This busy") machine's CPU is at \(level.text)%."
    return [.say("\(found) A short trial load shows how far it rises:"), .load(load)]
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
      .say("The evaluator gets this rule, as by a reload: \(metric) above \(limit.text), for 2s."),
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
