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
  /// They stood still: the readings are closer than a tick, or the file is a copy.
  case unchanged
  /// They began anew, as after a migration: nothing can be said of this interval.
  case beganAnew
}

extension CPUTimes {
  /// What happened from `earlier` to these times.
  ///
  /// A mode that fell counts 0, since idle and iowait step back by some ticks (proc_stat(5)) and steal by millions.
  /// Where any mode but steal fell by more than 3 s, the counters began anew.
  ///
  /// - Parameters:
  ///   - ticksPerSecond: USER_HZ, `sysconf(_SC_CLK_TCK)`.
  ///   - most: ticks of all CPUs that can have passed, where more would mean other CPUs' counts and not the same ones'
  ///     going on; nil where that can't be.
  func difference(from earlier: CPUTimes, ticksPerSecond: UInt64, most: UInt64? = nil) -> CPUDifference {
    var delta = InlineArray<8, UInt64>(repeating: 0)
    var total: UInt64 = 0
    for i in 0..<min(columns, earlier.columns) {
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
    if let most, total > most { return .beganAnew }
    func percent(_ mode: Mode) -> Double { 100 * Double(delta[mode.rawValue]) / Double(total) }
    func offered(_ mode: Mode) -> Double? { mode.rawValue < min(columns, earlier.columns) ? percent(mode) : nil }
    let busy = total - delta[Mode.idle.rawValue] - delta[Mode.iowait.rawValue]
    return .usage(
      CPUUsage(
        usage: 100 * Double(busy) / Double(total), user: percent(.user), nice: percent(.nice),
        system: percent(.system), idle: percent(.idle), iowait: offered(.iowait), irq: offered(.irq),
        softirq: offered(.softirq), steal: offered(.steal)))
  }

  /// True where a column is above what `cpus` CPUs can have counted in `uptime`: simulated files do that.
  ///
  /// - Parameter uptime: hundredths of a second; nil where unknown, and then only what no machine reaches is impossible.
  func isImpossible(uptime: UInt64?, cpus: Int, ticksPerSecond: UInt64) -> Bool {
    var limit = UInt64(Int64.max)
    if let uptime {
      // The kernel's two clocks differ by some parts in a thousand at most, and the files are read one after another.
      let seconds = uptime / 100 + uptime / 6400 + 3
      let (perCPU, o1) = seconds.multipliedReportingOverflow(by: ticksPerSecond)
      let (all, o2) = perCPU.multipliedReportingOverflow(by: UInt64(max(cpus, 1)))
      if !o1, !o2 { limit = min(limit, all) }
    }
    return (0..<columns).contains { ticks[$0] > limit }
  }
}
