import Platform
import Records

/// One rule that holds for one subject.
public struct Alert: Equatable, Sendable {
  /// The state of its life.
  public enum State: Equatable, Sendable {
    /// Its level is held, but not yet long enough.
    case pending
    /// It fires.
    case firing
  }

  /// The rule's name.
  public var rule: String
  /// The subject.
  public var subject: String
  /// The state of its life.
  public var state: State
  /// The severity with which it fires, or would fire.
  public var severity: Severity
  /// The last value of the series.
  public var value: Double
  /// The event time since which it has fired, or its level has been held.
  public var since: WallTime
}
