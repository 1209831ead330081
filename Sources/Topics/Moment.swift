import Platform

/// A place in a topic's history.
public enum Moment: Equatable, Sendable {
  /// The oldest record there is.
  case beginning
  /// This long before now.
  case ago(Duration)
  /// This time.
  case at(WallTime)
  /// The topic's current end.
  case now

  /// The wall-clock time; nil for an end of the topic.
  public func wall(now: WallTime) -> WallTime? {
    switch self {
    case .beginning, .now: nil
    case .ago(let duration): now + (.zero - duration)
    case .at(let time): time
    }
  }
}
