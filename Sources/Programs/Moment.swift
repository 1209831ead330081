public import Arguments
import Platform
import Records
public import Topics

extension Moment {
  /// `10m`, `2026-11-22T18:00:00Z`, `beginning`, `now`.
  public init(text: String) throws(ValueError) {
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
}
