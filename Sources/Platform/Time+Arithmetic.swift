extension MonotonicTime {
  /// The instant after `duration`, saturated at the ends of the range.
  public static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
    let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
    if overflow { return MonotonicTime(nanoseconds: duration < .zero ? .min : .max) }
    return MonotonicTime(nanoseconds: sum)
  }

  /// The time from `earlier` to `later`; negative if `later` is before `earlier`.
  public static func - (later: MonotonicTime, earlier: MonotonicTime) -> Duration {
    let (difference, overflow) = later.nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
    if overflow { return .nanoseconds(later.nanoseconds < 0 ? Int64.min : Int64.max) }
    return .nanoseconds(difference)
  }
}

extension WallTime {
  /// The instant after `duration`, to the millisecond, saturated at the ends of the range.
  public static func + (time: WallTime, duration: Duration) -> WallTime {
    let (sum, overflow) = time.milliseconds.addingReportingOverflow(duration.wholeMilliseconds)
    if overflow { return WallTime(milliseconds: duration < .zero ? .min : .max) }
    return WallTime(milliseconds: sum)
  }

  /// The time from `earlier` to `later`; negative if `later` is before `earlier`.
  public static func - (later: WallTime, earlier: WallTime) -> Duration {
    let (difference, overflow) = later.milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    if overflow { return .milliseconds(later.milliseconds < 0 ? Int64.min : Int64.max) }
    return .milliseconds(difference)
  }
}

extension Duration {
  /// Whole nanoseconds, truncated toward zero; saturated at Int64's range (292 years).
  public var wholeNanoseconds: Int64 { scaled(perSecond: 1_000_000_000) }

  /// Whole microseconds, truncated toward zero; saturated at Int64's range.
  public var wholeMicroseconds: Int64 { scaled(perSecond: 1_000_000) }

  /// Whole milliseconds, truncated toward zero; saturated at Int64's range.
  public var wholeMilliseconds: Int64 { scaled(perSecond: 1000) }

  private func scaled(perSecond: Int64) -> Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: perSecond)
    let (sum, overflowOfSum) = product.addingReportingOverflow(attoseconds / (1_000_000_000_000_000_000 / perSecond))
    return overflow || overflowOfSum ? (seconds < 0 ? .min : .max) : sum
  }
}
