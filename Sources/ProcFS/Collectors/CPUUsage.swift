/// The CPU usage between two readings, in percent of the time of all CPUs.
public struct CPUUsage: Equatable, Sendable {
  /// Busy: 100 x (total - idle - iowait) / total, as psutil and htop define it.
  public var usage: Double
  /// In user mode at normal priority, guests included.
  public var user: Double
  /// In user mode at low priority, guests included.
  public var nice: Double
  /// In kernel mode.
  public var system: Double
  /// Idle, not waiting for a disk.
  public var idle: Double
  /// Idle while a task waited for a disk; nil if the kernel has no such column.
  public var iowait: Double?
  /// Serving interrupts; nil if the kernel has no such column.
  public var irq: Double?
  /// Serving soft interrupts; nil if the kernel has no such column.
  public var softirq: Double?
  /// Stolen by other guests of the hypervisor; nil if the kernel has no such column.
  public var steal: Double?
}

/// The result of comparing two readings.
enum CPUDifference: Equatable {
  /// The counters advanced normally.
  case usage(CPUUsage)
  /// The counters didn't change: the readings are less than a tick apart, the file is a copy, or the kernel doesn't
  /// count.
  case unchanged
  /// The counters were reset, as after a migration: this interval has no usage.
  case beganAnew
  /// The counters advanced by more or less than the elapsed time allows.
  case implausible
}

extension CPUUsage {
  /// The shares of `total`. Only the first `columns` modes exist in the kernel's file.
  fileprivate init(_ delta: InlineArray<8, UInt64>, total: UInt64, columns: Int) {
    func percent(_ mode: CPUTimes.Mode) -> Double { percentage(Double(delta[mode.rawValue]), of: Double(total)) }
    func offered(_ mode: CPUTimes.Mode) -> Double? { mode.rawValue < columns ? percent(mode) : nil }
    let busy = total - delta[CPUTimes.Mode.idle.rawValue] - delta[CPUTimes.Mode.iowait.rawValue]
    usage = percentage(Double(busy), of: Double(total))
    user = percent(.user)
    nice = percent(.nice)
    system = percent(.system)
    idle = percent(.idle)
    iowait = offered(.iowait)
    irq = offered(.irq)
    softirq = offered(.softirq)
    steal = offered(.steal)
  }
}

extension CPUTimes {
  /// The difference between `earlier` and these times.
  ///
  /// A mode that decreased counts as 0: idle and iowait can step back by some ticks (proc_stat(5)), steal by millions.
  /// If any mode except steal decreased by more than 3 s, the counters were reset.
  ///
  /// - Parameters:
  ///   - ticksPerSecond: USER_HZ, `sysconf(_SC_CLK_TCK)`.
  ///   - plausible: the range of ticks that all CPUs together can have counted; nil to skip this check.
  func difference(
    from earlier: CPUTimes, ticksPerSecond: UInt64, plausible: ClosedRange<UInt64>? = nil
  ) -> CPUDifference {
    let common = min(columns, earlier.columns)
    var delta = InlineArray<8, UInt64>(repeating: 0)
    var total: UInt64 = 0
    for i in 0..<common {
      if ticks[i] >= earlier.ticks[i] {
        delta[i] = ticks[i] - earlier.ticks[i]
        let (sum, overflow) = total.addingReportingOverflow(delta[i])
        if overflow { return .beganAnew }
        total = sum
      } else if i != Mode.steal.rawValue, earlier.ticks[i] - ticks[i] > 3 * ticksPerSecond {
        return .beganAnew
      }
    }
    guard total > 0 else { return .unchanged }
    if let plausible, !plausible.contains(total) { return .implausible }
    return .usage(CPUUsage(delta, total: total, columns: common))
  }

  /// The largest counter.
  var largest: UInt64 {
    var largest = ticks[0]
    for i in 1..<columns { largest = max(largest, ticks[i]) }
    return largest
  }
}
