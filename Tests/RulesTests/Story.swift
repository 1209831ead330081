import Platform
import Records

@testable import Rules

/// Feeds an engine second by second, and returns its transitions as lines.
final class Story {
  private(set) var rules: [Rule]
  private var set: RuleSet
  let engine: Engine
  private(set) var transitions: [Transition] = []
  private(set) var offset: Int64 = 0

  private var bounds: RuleSet.Bounds

  convenience init(_ rules: Rule..., bounds: RuleSet.Bounds = RuleSet.Bounds(), keylessFrom: Int64? = nil) {
    self.init(rules, bounds: bounds, keylessFrom: keylessFrom)
  }

  init(_ rules: [Rule], bounds: RuleSet.Bounds = RuleSet.Bounds(), keylessFrom: Int64? = nil) {
    self.rules = rules
    self.bounds = bounds
    set = RuleSet(rules, bounds: bounds)
    engine = Engine(rules: set, topic: "status_topic", partition: 3)
    engine.keylessFrom = keylessFrom
  }

  /// Applies a record with this `cpu_usage`. Its own time and Kafka's are in seconds. Returns the transitions.
  @discardableResult
  func at(
    _ seconds: Double, _ value: Double?, host: String = "web-1", kafka: Double? = nil,
    _ adjust: (inout PlainRecord) -> Void = { _ in }
  ) -> [String] {
    var record = PlainRecord(host: host, time: Int64(seconds * 1000), kafkaTime: Int64((kafka ?? seconds) * 1000))
    if let value { record.numbers["cpu_usage"] = value }
    adjust(&record)
    engine.now = max(engine.now, record.kafkaTime)
    engine.logTime = max(engine.logTime, record.kafkaTime)
    return take { transitions in
      PlainView.with(record, set.plan) { engine.apply(record: $0, offset: offset, into: &transitions) }
      offset += 1
    }
  }

  /// Applies values `step` seconds apart, from second `start` on. Returns all transitions.
  @discardableResult
  func each(from start: Double, every step: Double = 1, _ values: [Double]) -> [String] {
    values.enumerated().flatMap { at(start + Double($0) * step, $1) }
  }

  @discardableResult
  func reload(_ rules: Rule...) -> [String] { reload(rules) }

  @discardableResult
  func reload(_ rules: [Rule]) -> [String] {
    self.rules = rules
    set = RuleSet(rules, bounds: bounds)
    return take { engine.replaceRules(set, into: &$0) }
  }

  /// Reloads the same rules with other bounds.
  @discardableResult
  func reload(under bounds: RuleSet.Bounds) -> [String] {
    self.bounds = bounds
    set = RuleSet(rules, bounds: bounds)
    return take { engine.replaceRules(set, into: &$0) }
  }

  @discardableResult
  func forget(_ subject: String) -> [String] {
    var subject = subject
    return take { transitions in
      subject.withUTF8 { engine.forget(subject: UnsafeRawBufferPointer($0), offset: offset, into: &transitions) }
    }
  }

  /// Declares silence at second `seconds` of the wall clock, which equals Kafka's, in a partition that has been held
  /// and read to its end since second `since`.
  @discardableResult
  func silent(at seconds: Double, since: Double = 0) -> [String] {
    engine.now = Int64(seconds * 1000)
    return take { transitions in
      while !engine.declareSilence(since: Int64(since * 1000), limit: 2, into: &transitions) {}
    }
  }

  private func take(_ body: (inout [Transition]) -> Void) -> [String] {
    var made: [Transition] = []
    body(&made)
    transitions += made
    return made.map(Story.line)
  }

  /// `20 firing critical cpu-high/web-1 95 since 0`; times in seconds.
  private static func line(_ transition: Transition) -> String {
    let reason = transition.reason.map { " (\($0.rawValue))" } ?? ""
    let `repeat` = transition.repeat.map { " repeat \($0)" } ?? ""
    return "\(seconds(transition.timestamp)) \(transition.status.rawValue) \(transition.severity) "
      + "\(transition.rule)/\(transition.subject) \(transition.value.textOfValue) "
      + "since \(seconds(transition.since))\(reason)\(`repeat`)"
  }

  private static func seconds(_ time: WallTime) -> String { (Double(time.milliseconds) / 1000).textOfLimit }
}

/// The rule `cpu-high` with these keys.
func cpuHigh(
  name: String = "cpu-high", warning: Double? = nil, critical: Double? = 90, side: Rule.Side = .above,
  clear: Rule.Limits = Rule.Limits(), hold: Duration = .zero, keepFiringFor: Duration = .zero,
  noDataAfter: Duration? = nil, match: [Rule.Match] = []
) -> Rule {
  var rule = Rule(
    name: name, metric: "cpu_usage", side: side, limits: Rule.Limits(warning: warning, critical: critical))
  rule.clear = clear
  rule.hold = hold
  rule.keepFiringFor = keepFiringFor
  rule.noDataAfter = noDataAfter
  rule.match = match
  return rule
}

extension Rule {
  /// The same rule with an aggregate over a window of this many seconds.
  func over(_ seconds: Double, _ aggregate: Aggregate) -> Rule {
    var rule = self
    (rule.window, rule.aggregate) = (.milliseconds(Int64(seconds * 1000)), aggregate)
    return rule
  }

  /// The same rule with `at_least`: `count` of the last `of` samples.
  func atLeast(_ count: Int, of: Int) -> Rule {
    var rule = self
    rule.atLeast = AtLeast(count: count, of: of)
    return rule
  }

  /// The same rule with a reminder every `seconds` seconds.
  func repeating(every seconds: Double) -> Rule {
    var rule = self
    rule.repeatEvery = .milliseconds(Int64(seconds * 1000))
    return rule
  }

  /// The same rule with `no_data`.
  func onSilence(_ noData: NoData) -> Rule {
    var rule = self
    rule.noData = noData
    return rule
  }
}
