/// What the CPUs did between two readings, in percent of the time of all of them.
public struct CPUUsage: Equatable, Sendable {
  /// Busy: 100 x (total - idle - iowait) / total. psutil's and htop's definition.
  public var usage: Double
  /// In user mode at normal priority, guests included.
  public var user: Double
  /// In user mode at low priority, guests included.
  public var nice: Double
  /// In kernel mode.
  public var system: Double
  /// Without anything to do.
  public var idle: Double
  /// Idle while a task waited for a disk; nil where the kernel has no such column.
  public var iowait: Double?
  /// Serving interrupts; nil where the kernel has no such column.
  public var irq: Double?
  /// Serving soft interrupts; nil where the kernel has no such column.
  public var softirq: Double?
  /// Taken by other guests of the hypervisor; nil where the kernel has no such column.
  public var steal: Double?
}

/// What a pair of readings gives.
enum CPUDifference: Equatable {
  /// The counters ran on.
  case usage(CPUUsage)
  /// They stood still: the readings are closer than a tick, the file is a copy, or nobody counts.
  case unchanged
  /// They began anew, as after a migration: nothing can be said of this interval.
  case beganAnew
  /// They went on by more or less than the time that has passed.
  case implausible
}

extension CPUUsage {
  /// The shares of `total`, of which the first `columns` modes have `delta`.
  fileprivate init(_ delta: InlineArray<8, UInt64>, total: UInt64, columns: Int) {
    func percent(_ mode: CPUTimes.Mode) -> Double { 100 * Double(delta[mode.rawValue]) / Double(total) }
    func offered(_ mode: CPUTimes.Mode) -> Double? { mode.rawValue < columns ? percent(mode) : nil }
    let busy = total - delta[CPUTimes.Mode.idle.rawValue] - delta[CPUTimes.Mode.iowait.rawValue]
    usage = 100 * Double(busy) / Double(total)
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
  /// What happened from `earlier` to these times.
  ///
  /// A mode that fell counts 0, since idle and iowait step back by some ticks (proc_stat(5)) and steal by millions.
  /// Where any mode but steal fell by more than 3 s, the counters began anew.
  ///
  /// - Parameters:
  ///   - ticksPerSecond: USER_HZ, `sysconf(_SC_CLK_TCK)`.
  ///   - plausible: how many ticks all CPUs together can have passed; nil where there is no reason to ask.
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

  /// The largest column.
  var largest: UInt64 {
    var largest = ticks[0]
    for i in 1..<columns { largest = max(largest, ticks[i]) }
    return largest
  }
}
