import Platform

/// Decides when to sample: at the start plus whole intervals of the monotonic clock, so that errors don't add up.
///
/// Missed ticks (the machine stalled, or the process was stopped) become one tick, never a burst.
struct TickClock {
  /// A tick.
  struct Tick: Equatable {
    /// The number of intervals since the previous tick: 1, or more after a stall.
    var intervals: Int64
  }

  private let start: MonotonicTime
  private let interval: Int64
  /// Intervals from the start to the last tick.
  private var count: Int64 = 0

  /// Ticks at `start` + 1, 2, 3… times `interval`, which is at least a microsecond.
  init(start: MonotonicTime, interval: Duration) {
    self.start = start
    self.interval = max(1000, interval.wholeNanoseconds)
  }

  /// When the next tick is due.
  var next: MonotonicTime { MonotonicTime(nanoseconds: start.nanoseconds &+ (count &+ 1) &* interval) }

  /// The tick due at `now`; nil if none is.
  mutating func tick(at now: MonotonicTime) -> Tick? {
    // The difference can't overflow: both times are of one clock that starts near 0.
    let passed = (now.nanoseconds &- start.nanoseconds) / interval
    guard passed > count else { return nil }
    defer { count = passed }
    return Tick(intervals: passed - count)
  }
}
