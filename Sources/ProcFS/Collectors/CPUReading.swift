/// CPU counters together with the uptime and the number of CPUs that bound them.
struct CPUReading {
  var times: CPUTimes
  /// CPUs online, at least one.
  var cpus: Int
  /// Hundredths of a second since boot; nil if unknown.
  var uptime: UInt64?

  /// True if a counter exceeds uptime x ticks x CPUs, more than these CPUs can have counted since boot.
  ///
  /// Such a counter may still be right: the kernel's sums keep the share of CPUs that went offline, and in a container
  /// the uptime may start with the container while the counters are the machine's. The difference from the previous
  /// reading then decides whether the counters can be trusted.
  func isDoubtful(ticksPerSecond: UInt64) -> Bool {
    guard let uptime else { return false }
    return times.largest > Self.ticks(inHundredths: uptime + 100, ticksPerSecond, cpus)
  }

  /// The number of ticks that all CPUs together can have counted since `earlier`: the elapsed time, give or take a
  /// quarter, and two ticks for each CPU. 0...0 if the elapsed time is unknown.
  func plausibleTicks(since earlier: CPUReading, ticksPerSecond: UInt64) -> ClosedRange<UInt64> {
    guard let from = earlier.uptime, let to = uptime, to >= from else { return 0...0 }
    let fewest = Self.ticks(inHundredths: to - from, ticksPerSecond, min(cpus, earlier.cpus))
    let most = Self.ticks(inHundredths: to - from, ticksPerSecond, max(cpus, earlier.cpus))
    let slack = 2 * UInt64(max(cpus, earlier.cpus))
    let low = fewest - fewest / 4
    return (low > slack ? low - slack : 0)...(most / 4 * 5 + slack)
  }

  /// Ticks of `cpus` CPUs in `time`; at most a quarter of UInt64's maximum.
  private static func ticks(inHundredths time: UInt64, _ ticksPerSecond: UInt64, _ cpus: Int) -> UInt64 {
    let (perCPU, o1) = time.multipliedReportingOverflow(by: ticksPerSecond)
    let (all, o2) = (perCPU / 100).multipliedReportingOverflow(by: UInt64(cpus))
    return o1 || o2 ? UInt64.max / 4 : min(all, UInt64.max / 4)
  }
}
