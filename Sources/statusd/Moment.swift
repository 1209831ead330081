import Arguments
import Platform
import Records

/// A place in a topic's history, as given on the command line.
enum Moment: Equatable, Sendable {
  /// The oldest record.
  case beginning
  /// This long before now.
  case ago(Duration)
  /// This time.
  case at(WallTime)
  /// The topic's end.
  case now

  /// `10m`, `2026-11-22T18:00:00Z`, `beginning`, `now`.
  init(text: String) throws(ValueError) {
    switch text {
    case "beginning": self = .beginning
    case "now": self = .now
    default:
      if let duration = Duration(text: text), duration >= .zero {
        self = .ago(duration)
      } else if let time = WallTime(rfc3339: text) {
        self = .at(time)
      } else {
        throw ValueError("is neither a duration, such as 10m, nor a time, such as 2026-11-22T18:00:00Z")
      }
    }
  }

  /// The time; nil for the beginning or end of the topic.
  func wall(now: WallTime) -> WallTime? {
    switch self {
    case .beginning, .now: nil
    case .ago(let duration): now + (.zero - duration)
    case .at(let time): time
    }
  }
}
