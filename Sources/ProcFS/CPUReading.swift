/// CPU counters and the time for which they can have counted.
struct CPUReading {
  var times: CPUTimes
  /// CPUs online, one at least.
  var cpus: Int
  /// Hundredths of a second since boot; nil where unknown.
  var uptime: UInt64?

  /// True where a column is above uptime x ticks x CPUs: it can't have been counted by these CPUs in that time.
  ///
  /// That alone doesn't make it wrong: the kernel's sums go on holding CPUs that went offline, and in a container the
  /// uptime begins with the container while the counters may be the machine's. Whether the counters can be trusted is
  /// then decided by what they counted since the reading before.
  func isDoubtful(ticksPerSecond: UInt64) -> Bool {
    guard let uptime else { return false }
    return times.largest > Self.ticks(inHundredths: uptime + 100, ticksPerSecond, cpus)
  }

  /// How many ticks all CPUs together can have passed since `earlier`: the time between, a quarter more or less, and
  /// two ticks for each CPU. Nothing is plausible where the time isn't known.
  func plausibleTicks(since earlier: CPUReading, ticksPerSecond: UInt64) -> ClosedRange<UInt64> {
    guard let from = earlier.uptime, let to = uptime, to >= from else { return 0...0 }
    let fewest = Self.ticks(inHundredths: to - from, ticksPerSecond, min(cpus, earlier.cpus))
    let most = Self.ticks(inHundredths: to - from, ticksPerSecond, max(cpus, earlier.cpus))
    let slack = 2 * UInt64(max(cpus, earlier.cpus))
    let low = fewest - fewest / 4
    return (low > slack ? low - slack : 0)...(most / 4 * 5 + slack)
  }

  /// Ticks of `cpus` CPUs in that time; what no counter could hold is a quarter of UInt64's largest.
  private static func ticks(inHundredths time: UInt64, _ ticksPerSecond: UInt64, _ cpus: Int) -> UInt64 {
    let (perCPU, o1) = time.multipliedReportingOverflow(by: ticksPerSecond)
    let (all, o2) = (perCPU / 100).multipliedReportingOverflow(by: UInt64(cpus))
    return o1 || o2 ? UInt64.max / 4 : min(all, UInt64.max / 4)
  }
}
