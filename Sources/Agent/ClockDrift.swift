import Platform

/// Detects steps between the wall clock and the monotonic clock: the wall clock was set, or the machine was suspended.
struct ClockDrift {
  /// Milliseconds. Clock discipline (ntpd, chrony) moves the clock less than this within an interval.
  private static let allowed: UInt64 = 2000

  private var wall: WallTime
  private var monotonic: MonotonicTime

  /// Starts with both clocks at one instant.
  init(wall: WallTime, monotonic: MonotonicTime) {
    self.wall = wall
    self.monotonic = monotonic
  }

  /// The step of the wall clock since the last call, if it exceeds 2 s; negative if it went back; nil if there was
  /// none.
  mutating func step(wall nextWall: WallTime, monotonic nextMonotonic: MonotonicTime) -> Duration? {
    let passed = (nextMonotonic.nanoseconds &- monotonic.nanoseconds) / 1_000_000
    let step = nextWall.milliseconds &- wall.milliseconds &- passed
    wall = nextWall
    monotonic = nextMonotonic
    return step.magnitude > Self.allowed ? .milliseconds(step) : nil
  }
}
