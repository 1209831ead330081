import Platform
import ProcFS

/// Logs each oddity of the samples once, and again only if it was absent for an hour.
struct OddityLog {
  private static let quiet = Duration.seconds(3600)

  /// The oddities of the previous sample.
  private var present: Oddities = []
  /// When each was last seen, in the order of `Oddities.texts`; nil if never, or if it is still present for the first
  /// time.
  private var lastSeen: [MonotonicTime?] = Oddities.texts.map { _ in nil }

  /// The oddities to log for a sample taken at `now`.
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
