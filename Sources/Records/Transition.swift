import Platform

/// The severity of an alert.
public enum Severity: UInt8, Comparable, Sendable, CaseIterable {
  /// Somebody should look soon.
  case warning = 1
  /// Somebody should look now.
  case critical = 2

  /// Warning is less than critical.
  public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
}

/// A change of an alert's state: the content of a record in the alerts topic, version 1.
public struct Transition: Equatable, Sendable {
  /// The new state of the alert.
  public enum Status: String, Sendable {
    /// The rule's condition holds for the subject.
    case firing
    /// The condition no longer holds.
    case resolved
  }

  /// The previous state of the alert.
  public enum Previous: String, Sendable {
    /// It wasn't firing.
    case inactive
    /// It was firing, with this severity or another.
    case firing
  }

  /// The reason of a transition that no record caused.
  public enum Reason: String, Sendable {
    /// The series was silent.
    case noData = "no data"
    /// The rule was removed, or no longer covers the subject.
    case ruleRemoved = "rule removed"
    /// The meaning of the rule has changed.
    case ruleChanged = "rule changed"
    /// The subject is gone.
    case forgotten
  }

  /// Event time of the record that caused it.
  public var timestamp: WallTime
  /// The new state of the alert.
  public var status: Status
  /// The severity with which it fires, or fired until now.
  public var severity: Severity
  /// The rule's name.
  public var rule: String
  /// The subject: a host, mostly.
  public var subject: String
  /// The rule's metric.
  public var metric: String
  /// The deciding value, after aggregation.
  public var value: Double
  /// The limit for `severity`.
  public var threshold: Double
  /// Event time since which the level has been held, or not held, without a break; never after `timestamp`.
  public var since: WallTime
  /// The previous state of the alert.
  public var previous: Previous
  /// The reason if no record caused it.
  public var reason: Reason?
  /// The number of this reminder, from 1; nil if it isn't a reminder.
  public var `repeat`: Int64?
  /// The rule's summary with its placeholders filled in; nil if the rule has none.
  public var summary: String?
  /// The rule's labels, sorted by name.
  public var labels: [Label]
  /// The position of the record that caused it, or of the series' last record.
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
