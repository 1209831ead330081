import Glibc

/// The machine's clocks, through clock_gettime(2).
public struct SystemTime: TimeSource {
  /// The machine's clocks.
  public init() {}

  /// `CLOCK_REALTIME`, truncated to the millisecond.
  public var wall: WallTime {
    let now = read(CLOCK_REALTIME)
    return WallTime(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
  }

  /// `CLOCK_MONOTONIC`, which doesn't advance while the machine is suspended.
  public var monotonic: MonotonicTime {
    let now = read(CLOCK_MONOTONIC)
    return MonotonicTime(nanoseconds: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
  }

  /// clock_gettime(2) can't fail here: both clocks exist since Linux 2.6, and the address is valid.
  private func read(_ clock: clockid_t) -> timespec {
    var now = timespec()
    clock_gettime(clock, &now)
    return now
  }
}

extension TimeSource {
  /// Waits until `wakeup` is rung or the clock reaches `deadline` (nil: never), whichever comes first.
  ///
  /// - Returns: whether it was rung. One answer covers all rings since the last wait.
  public func wait(for wakeup: Wakeup, until deadline: MonotonicTime?) -> Bool {
    wakeup.wait(until: deadline)
  }
}
