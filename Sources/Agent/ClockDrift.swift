import Platform

/// Notices where the wall clock and the monotonic one go apart: it was set, or the machine was suspended.
struct ClockDrift {
  /// Milliseconds; what clock discipline does within an interval is below that.
  private static let allowed: UInt64 = 2000

  private var wall: WallTime
  private var monotonic: MonotonicTime

  /// Both clocks at one instant.
  init(wall: WallTime, monotonic: MonotonicTime) {
    self.wall = wall
    self.monotonic = monotonic
  }

  /// By how much the wall clock stepped since the last call, where that is more than 2 s; negative: back.
  mutating func step(wall nextWall: WallTime, monotonic nextMonotonic: MonotonicTime) -> Duration? {
    let passed = (nextMonotonic.nanoseconds &- monotonic.nanoseconds) / 1_000_000
    let step = nextWall.milliseconds &- wall.milliseconds &- passed
    wall = nextWall
    monotonic = nextMonotonic
    return step.magnitude > Self.allowed ? .milliseconds(step) : nil
  }
}
