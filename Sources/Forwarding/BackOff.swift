import Platform

/// When something that failed is tried again: after 1 s, 2 s, 4 s and so on, up to a minute. So whoever was away for long
/// is told soon after.
public struct BackOff: Equatable, Sendable {
  /// The longest pause usually.
  static let longest = Duration.seconds(60)
  /// The longest pause that the other side may ask for.
  static let longestWanted = Duration.seconds(300)

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
  ///   - longest: the longest pause, unless the other side asks for more.
  mutating func fail(_ now: MonotonicTime, wanted: Duration?, jitter: Double, longest: Duration) {
    failures += 1
    let usual = min(Duration.seconds(1 << min(failures - 1, 8)), longest)
    let pause = max(usual, min(wanted ?? .zero, Self.longestWanted))
    next = now + pause * (0.8 + 0.4 * min(max(jitter, 0), 1))
  }
}
