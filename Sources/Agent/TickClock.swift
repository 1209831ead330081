import Platform

/// When to sample: at the start plus whole intervals of the monotonic clock, so that nothing drifts.
///
/// Ticks that were missed (the machine stalled, or the process was stopped) come to one tick, never to a burst.
struct TickClock {
  /// What a tick covers.
  struct Tick: Equatable {
    /// How many intervals have passed since the tick before: 1, or more after a stall.
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

  /// The tick that is due at `now`; nil before that.
  mutating func tick(at now: MonotonicTime) -> Tick? {
    // Both are of one clock, which began near 0.
    let passed = (now.nanoseconds &- start.nanoseconds) / interval
    guard passed > count else { return nil }
    defer { count = passed }
    return Tick(intervals: passed - count)
  }
}
