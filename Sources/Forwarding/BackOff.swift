import Platform

/// When something that failed is tried again: after 1 s, 2 s, 4 s and so on, up to 5 minutes.
public struct BackOff: Equatable, Sendable {
  /// The longest pause usually.
  static let longest = Duration.seconds(300)

  /// How often it failed in a row.
  public private(set) var failures = 0
  /// When it was tried first.
  public let since: MonotonicTime
  /// When it is tried next.
  public private(set) var next: MonotonicTime

  /// Something that is tried for the first time.
  init(_ now: MonotonicTime) { (since, next) = (now, now) }

  /// It failed.
  ///
  /// - Parameters:
  ///   - wanted: how long the other side asks to wait; nil if it doesn't.
  ///   - jitter: from 0 to 1: those who fail together don't come back together.
  ///   - longest: the longest pause.
  mutating func fail(_ now: MonotonicTime, wanted: Duration?, jitter: Double, longest: Duration) {
    failures += 1
    let usual = Duration.seconds(1 << min(failures - 1, 8))
    let pause = min(max(usual, wanted ?? .zero), longest)
    next = now + pause * (0.8 + 0.4 * min(max(jitter, 0), 1))
  }
}
