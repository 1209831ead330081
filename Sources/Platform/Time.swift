/// An instant of the wall clock: milliseconds since 1970-01-01T00:00:00Z (POSIX time, leap seconds not counted).
public struct WallTime: Hashable, Comparable, Sendable {
  /// Milliseconds since the epoch; negative before 1970.
  public var milliseconds: Int64

  /// The instant `milliseconds` after the epoch.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Earlier comes first.
  public static func < (a: WallTime, b: WallTime) -> Bool { a.milliseconds < b.milliseconds }
}

/// An instant of a clock that is never set (`CLOCK_MONOTONIC`, clock_gettime(2)): nanoseconds since a fixed start.
public struct MonotonicTime: Hashable, Comparable, Sendable {
  /// Nanoseconds since the clock's own start.
  public var nanoseconds: Int64

  /// The instant `nanoseconds` after the clock's start.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Earlier comes first.
  public static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.nanoseconds < b.nanoseconds }
}

/// A source of time: the machine's clocks, or a test's.
public protocol TimeSource: Sendable {
  /// The wall clock now (`CLOCK_REALTIME`).
  var wall: WallTime { get }
  /// The monotonic clock now.
  var monotonic: MonotonicTime { get }
  /// Waits until `wakeup` is rung or this source's monotonic clock reaches `deadline` (nil: never).
  ///
  /// - Returns: whether it was rung. One answer covers all rings since the last wait.
  func wait(for wakeup: Wakeup, until deadline: MonotonicTime?) -> Bool
}
