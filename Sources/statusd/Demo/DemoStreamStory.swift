import Rules
import Streams

/// The second part of the demo: a stream that stops, and comes back. A state machine without input or output; the caller
/// shows, writes records and reloads.
struct DemoStreamStory {
  /// An action of the caller.
  enum Action: Equatable {
    /// Shows a text to the user.
    case say(String)
    /// Begins to write records into the stream's topic, or ends it.
    case write(Bool)
    /// Replaces the evaluator's rules by this one.
    case rule(Rule)
  }

  private enum Phase {
    case before
    case flowing(readings: Int)
    case stopped
    case back
    case over(isTold: Bool)
  }

  /// The number of readings with records to show before the stream stops.
  private static let shown = 3
  /// The number of readings to wait for an event before giving up.
  private static let patience = 20

  private var phase = Phase.before
  /// The readings of the current phase.
  private var waited = 0

  /// Whether the stream has stopped and come back, with an alert for both.
  var isTold: Bool { if case .over(let isTold) = phase { isTold } else { false } }

  /// Whether there are readings to show.
  var isUnderWay: Bool {
    switch phase {
    case .before, .over: false
    case .flowing, .stopped, .back: true
    }
  }

  /// The rule that the evaluator gets.
  static var rule: Rule {
    var rule = Rule(name: "stream-quiet", metric: "rate", side: .below, limits: Rule.Limits(warning: 0.001))
    rule.match = [Rule.Match(field: "kind", glob: "stream")]
    rule.keepFiringFor = .seconds(1)
    rule.summary = "Nothing arrives in the stream {{host}}"
    return rule
  }

  /// The stream begins.
  mutating func begin() -> [Action] {
    guard case .before = phase else { return [] }
    next(.flowing(readings: 0))
    return [
      .say(
        "Any topic can be watched, too. A program writes five records a second to the topic 'monitor_topic'. The meter "
          + "counts them, and says each second what came, in the topic 'statusd-readings':"), .write(true),
    ]
  }

  /// Takes a reading of the stream; `rate` is nil if it has none yet.
  mutating func take(rate: Double?) -> [Action] {
    waited += 1
    if isUnderWay, waited > Self.patience {
      next(.over(isTold: false))
      return [.write(false), .say("The readings don't show what the program did.")]
    }
    guard case .flowing(let readings) = phase, let rate, rate > 0 else { return [] }
    if readings + 1 < Self.shown {
      phase = .flowing(readings: readings + 1)
      return []
    }
    next(.stopped)
    return [
      .say("The evaluator gets this rule: the rate of a stream is below 0.001 a second. Now the program stops."),
      .rule(Self.rule), .write(false),
    ]
  }

  /// The rule's alert fires.
  mutating func alertFires() -> [Action] {
    guard case .stopped = phase else { return [] }
    next(.back)
    return [.say("The alert fires: nobody writes any more. Now the program goes on."), .write(true)]
  }

  /// The rule's alert is resolved.
  mutating func alertIsResolved() -> [Action] {
    guard case .back = phase else { return [] }
    next(.over(isTold: true))
    return [.say("The stream is back, and the alert is resolved. The demonstration is complete.")]
  }

  private mutating func next(_ phase: Phase) {
    self.phase = phase
    waited = 0
  }
}
