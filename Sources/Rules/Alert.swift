import Platform
import Records

/// One rule that holds for one subject.
public struct Alert: Equatable, Sendable {
  /// Where it stands in its life.
  public enum State: Equatable, Sendable {
    /// It holds, not yet long enough.
    case pending
    /// It fires.
    case firing
  }

  /// The rule's name.
  public var rule: String
  /// The subject.
  public var subject: String
  /// Where it stands in its life.
  public var state: State
  /// The severity it fires with, or would fire with.
  public var severity: Severity
  /// The last value of the series.
  public var value: Double
  /// Event time since when it has fired, or been held.
  public var since: WallTime
}
