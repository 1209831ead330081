import Platform
import ProcFS

/// Says each oddity of the samples once, and not once a second. One that was gone for an hour is said again.
struct OddityLog {
  private static let quiet = Duration.seconds(3600)

  /// Those of the sample before.
  private var present: Oddities = []
  /// Until when each was there, in the order of `Oddities.texts`; nil: never, or still.
  private var lastSeen: [MonotonicTime?] = Oddities.texts.map { _ in nil }

  /// Those that are worth a line, in a sample taken at `now`.
  mutating func news(in oddities: Oddities, at now: MonotonicTime) -> [OddityText] {
    if oddities == present { return [] }
    var news: [OddityText] = []
    for (i, text) in Oddities.texts.enumerated() {
      if present.contains(text.oddity) {
        if !oddities.contains(text.oddity) { lastSeen[i] = now }
      } else if oddities.contains(text.oddity), lastSeen[i].map({ now - $0 >= Self.quiet }) ?? true {
        news.append(text)
      }
    }
    present = oddities
    return news
  }
}
