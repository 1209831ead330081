import Platform

/// How bad an alert is.
public enum Severity: UInt8, Comparable, Sendable, CaseIterable {
  /// Somebody should look soon.
  case warning = 1
  /// Somebody should look now.
  case critical = 2

  /// Warning comes before critical.
  public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
}

/// A change in the life of an alert: what stands in the alerts topic, version 1.
public struct Transition: Equatable, Sendable {
  /// What the alert became.
  public enum Status: String, Sendable {
    /// The rule holds for the subject.
    case firing
    /// It no longer does.
    case resolved
  }

  /// What the alert was before.
  public enum Previous: String, Sendable {
    /// It did not fire.
    case inactive
    /// It fired, with this severity or another.
    case firing
  }

  /// Why a transition that no record caused was made.
  public enum Reason: String, Sendable {
    /// The series was silent.
    case noData = "no data"
    /// The rule is gone, or no longer covers the subject.
    case ruleRemoved = "rule removed"
    /// The rule means something else now.
    case ruleChanged = "rule changed"
    /// The subject is gone.
    case forgotten
  }

  /// Event time of the record that caused it.
  public var timestamp: WallTime
  /// What the alert became.
  public var status: Status
  /// The severity it fires with, or fired with until now.
  public var severity: Severity
  /// The rule's name.
  public var rule: String
  /// The subject: a host, mostly.
  public var subject: String
  /// The rule's metric.
  public var metric: String
  /// The value that decided, after aggregation.
  public var value: Double
  /// The limit of `severity`.
  public var threshold: Double
  /// Event time since when the level has been held, or unheld, without a break; never after `timestamp`.
  public var since: WallTime
  /// What the alert was before.
  public var previous: Previous
  /// Why, where no record caused it.
  public var reason: Reason?
  /// Which reminder this is, from 1; absent where it is none.
  public var `repeat`: Int64?
  /// The rule's summary with its places filled in; absent where the rule has none.
  public var summary: String?
  /// The rule's labels, in the order of their names.
  public var labels: [Label]
  /// The record that caused it, or the series' last one.
  public var source: SourcePosition

  /// One label of a rule.
  public struct Label: Equatable, Sendable {
    /// The label's name.
    public var name: String
    /// Its value.
    public var value: String

    /// The label `name` with `value`.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A transition with all its parts.
  public init(
    timestamp: WallTime, status: Status, severity: Severity, rule: String, subject: String, metric: String,
    value: Double, threshold: Double, since: WallTime, previous: Previous, reason: Reason? = nil,
    repeat: Int64? = nil, summary: String? = nil, labels: [Label] = [], source: SourcePosition
  ) {
    self.timestamp = timestamp
    self.status = status
    self.severity = severity
    self.rule = rule
    self.subject = subject
    self.metric = metric
    self.value = value
    self.threshold = threshold
    self.since = since
    self.previous = previous
    self.reason = reason
    self.repeat = `repeat`
    self.summary = summary
    self.labels = labels
    self.source = source
  }
}
