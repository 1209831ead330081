extension MonotonicTime {
  /// The instant after `duration`; stays at the end of the range instead of overflowing.
  public static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
    let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
    if overflow { return MonotonicTime(nanoseconds: duration < .zero ? .min : .max) }
    return MonotonicTime(nanoseconds: sum)
  }

  /// How long it is from `earlier` to `later`; negative where the names lie.
  public static func - (later: MonotonicTime, earlier: MonotonicTime) -> Duration {
    let (difference, overflow) = later.nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
    if overflow { return .nanoseconds(later.nanoseconds < 0 ? Int64.min : Int64.max) }
    return .nanoseconds(difference)
  }
}

extension WallTime {
  /// The instant after `duration`, to the millisecond; stays at the end of the range instead of overflowing.
  public static func + (time: WallTime, duration: Duration) -> WallTime {
    let (sum, overflow) = time.milliseconds.addingReportingOverflow(duration.wholeMilliseconds)
    if overflow { return WallTime(milliseconds: duration < .zero ? .min : .max) }
    return WallTime(milliseconds: sum)
  }

  /// How long it is from `earlier` to `later`; negative where the names lie.
  public static func - (later: WallTime, earlier: WallTime) -> Duration {
    let (difference, overflow) = later.milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    if overflow { return .milliseconds(later.milliseconds < 0 ? Int64.min : Int64.max) }
    return .milliseconds(difference)
  }
}

extension Duration {
  /// Nanoseconds, the finer digits cut; the ends of Int64 (292 years) where it doesn't fit.
  public var wholeNanoseconds: Int64 { scaled(perSecond: 1_000_000_000) }

  /// Microseconds, the finer digits cut; the ends of Int64 where it doesn't fit.
  public var wholeMicroseconds: Int64 { scaled(perSecond: 1_000_000) }

  /// Milliseconds, the finer digits cut; the ends of Int64 where it doesn't fit.
  public var wholeMilliseconds: Int64 { scaled(perSecond: 1000) }

  private func scaled(perSecond: Int64) -> Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: perSecond)
    let (sum, overflowOfSum) = product.addingReportingOverflow(attoseconds / (1_000_000_000_000_000_000 / perSecond))
    return overflow || overflowOfSum ? (seconds < 0 ? .min : .max) : sum
  }
}
