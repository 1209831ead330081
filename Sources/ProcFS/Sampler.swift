import Glibc

/// Reads this host from the files below a root, `/proc` mostly. One thread owns it.
///
/// The files are opened once and re-read; a sample allocates nothing once the buffer has the size that this machine needs.
public struct Sampler: ~Copyable {
  /// What this machine can have counted at most, where the files alone don't tell.
  public struct Limits: Sendable {
    /// CPUs that the machine has, online or not: the counters are sums over all of them.
    public var cpus: Int
    /// USER_HZ: how many ticks make a second.
    public var ticksPerSecond: UInt64
    /// True where the time since the machine's boot counts as uptime, if the file says less: in a container its
    /// `uptime` begins with the container, its counters with the machine.
    public var usesBootClock: Bool

    /// These limits.
    public init(cpus: Int, ticksPerSecond: UInt64, usesBootClock: Bool) {
      self.cpus = cpus
      self.ticksPerSecond = ticksPerSecond
      self.usesBootClock = usesBootClock
    }

    /// This machine's, by sysconf(3).
    public static func ofThisMachine(root: String) -> Limits {
      Limits(
        cpus: max(1, sysconf(Int32(_SC_NPROCESSORS_CONF))),
        ticksPerSecond: UInt64(max(1, sysconf(Int32(_SC_CLK_TCK)))), usesBootClock: root == "/proc")
    }
  }

  /// Names this boot; nil where the kernel doesn't.
  public let bootID: String?
  private let limits: Limits
  private var buffer = ReadBuffer()
  private var stat: ProcFile
  private var meminfo: ProcFile
  private var loadavg: ProcFile
  private var uptime: ProcFile
  private var cpuPressure: ProcFile
  private var memoryPressure: ProcFile
  private var ioPressure: ProcFile
  /// The reading before, and whether its figures could be trusted.
  private var last: (times: CPUTimes, cpus: Int, uptime: UInt64?, isImpossible: Bool)?
  /// The most CPUs that were ever seen: one that went away leaves its counts in the sums.
  private var mostCPUs: Int

  /// Opens the files and takes the first reading, on which the first sample's rates are based.
  ///
  /// - Throws: where neither `stat` nor `meminfo` below `root` can be understood: then this is no /proc.
  public init(root: String = "/proc", limits: Limits? = nil) throws(ProcError) {
    self.limits = limits ?? .ofThisMachine(root: root)
    mostCPUs = self.limits.cpus
    stat = ProcFile(root: root, "stat")
    meminfo = ProcFile(root: root, "meminfo")
    loadavg = ProcFile(root: root, "loadavg")
    uptime = ProcFile(root: root, "uptime")
    cpuPressure = ProcFile(root: root, "pressure/cpu")
    memoryPressure = ProcFile(root: root, "pressure/memory")
    ioPressure = ProcFile(root: root, "pressure/io")
    var bootFile = ProcFile(root: root, "sys/kernel/random/boot_id")
    bootID = Self.parse(&bootFile, &buffer, BootID.parse)
    let first = sample()
    guard first.memory == nil, last == nil else { return }
    throw ProcError(path: stat.path, code: stat.failure)
  }

  /// Reads the host now. Never fails: what can't be read is nil in the sample, and in its oddities.
  public mutating func sample() -> HostSample {
    var sample = HostSample()
    let statFile = readStat()
    let uptimeNow = Self.parse(&uptime, &buffer, Uptime.parse)
    sample.uptimeSeconds = uptimeNow.map { Double($0) / 100 }
    if uptimeNow == nil { sample.oddities.insert(.noUptime) }
    takeCPU(statFile, uptime: uptimeNow, into: &sample)
    takeMemory(into: &sample)
    sample.load = Self.parse(&loadavg, &buffer, LoadAverages.parse)
    if sample.load == nil { sample.oddities.insert(.noLoad) }
    sample.cpuPressure = Self.parse(&cpuPressure, &buffer, Pressure.parse)
    if sample.cpuPressure == nil { sample.oddities.insert(.noCPUPressure) }
    sample.memoryPressure = Self.parse(&memoryPressure, &buffer, Pressure.parse)
    if sample.memoryPressure == nil { sample.oddities.insert(.noMemoryPressure) }
    sample.ioPressure = Self.parse(&ioPressure, &buffer, Pressure.parse)
    if sample.ioPressure == nil { sample.oddities.insert(.noIOPressure) }
    return sample
  }

  /// Why the file named in an oddity's text could not be read the last time; nil where it could.
  public func failure(ofFile name: String) -> ProcError? {
    switch name {
    case "stat": Self.failure(of: stat)
    case "meminfo": Self.failure(of: meminfo)
    case "loadavg": Self.failure(of: loadavg)
    case "uptime": Self.failure(of: uptime)
    case "pressure/cpu": Self.failure(of: cpuPressure)
    case "pressure/memory": Self.failure(of: memoryPressure)
    case "pressure/io": Self.failure(of: ioPressure)
    default: nil
    }
  }

  private static func failure(of file: borrowing ProcFile) -> ProcError? {
    file.failure == 0 ? nil : ProcError(path: file.path, code: file.failure)
  }

  private static func parse<Value>(
    _ file: inout ProcFile, _ buffer: inout ReadBuffer, _ parser: (Span<UInt8>) -> Value?
  ) -> Value? {
    guard let count = file.read(into: &buffer) else { return nil }
    return parser(buffer.storage.span.extracting(first: count))
  }

  /// `stat` as far as its CPUs go; the buffer grows until it holds them all.
  private mutating func readStat() -> StatFile {
    while true {
      guard let count = stat.read(into: &buffer) else { return StatFile() }
      let file = StatFile.parse(buffer.storage.span.extracting(first: count))
      if file.isWhole || count < buffer.storage.count || !buffer.grow() { return file }
    }
  }

  /// The rates since the reading before. This one is the next base in every case, so that nothing gets stuck.
  private mutating func takeCPU(_ file: StatFile, uptime fileUptime: UInt64?, into sample: inout HostSample) {
    if file.isWhole, file.cpuCount > 0 {
      sample.cpuCount = file.cpuCount
      mostCPUs = max(mostCPUs, file.cpuCount)
    } else {
      sample.oddities.insert(.noCPUCount)
    }
    guard let times = file.times else {
      sample.oddities.insert(.noCPUTimes)
      last = nil
      return
    }
    if times.columns < CPUTimes.Mode.allCases.count { sample.oddities.insert(.noSteal) }
    let uptime = limits.usesBootClock ? max(fileUptime ?? 0, Self.bootClock()) : fileUptime
    let isImpossible = times.isImpossible(uptime: uptime, cpus: mostCPUs, ticksPerSecond: limits.ticksPerSecond)
    let before = last
    last = (times, file.cpuCount, uptime, isImpossible)
    if isImpossible {
      sample.oddities.insert(.impossibleCPUTimes)
      return
    }
    guard let before, !before.isImpossible else { return }
    let most = before.cpus == file.cpuCount ? nil : mostTicks(from: before.uptime, to: uptime)
    switch times.difference(from: before.times, ticksPerSecond: limits.ticksPerSecond, most: most) {
    case .usage(let usage): sample.cpu = usage
    case .unchanged: break
    case .beganAnew: sample.oddities.insert(.cpuTimesBeganAnew)
    }
  }

  /// What all CPUs can have counted in that time and 3 s. The kernel's sums hold all CPUs, online or not; but in a
  /// container a CPU that is given or taken brings or takes all that it ever counted.
  private func mostTicks(from earlier: UInt64?, to now: UInt64?) -> UInt64 {
    guard let earlier, let now, now >= earlier else { return 0 }
    let (ticks, overflow) = ((now - earlier) / 100 + 3).multipliedReportingOverflow(by: limits.ticksPerSecond)
    return overflow ? 0 : ticks &* UInt64(mostCPUs)
  }

  private mutating func takeMemory(into sample: inout HostSample) {
    guard let info = Self.parse(&meminfo, &buffer, MemoryInfo.parse) else {
      sample.oddities.insert(.noMemoryTotal)
      return
    }
    sample.memory = info.usage(&sample.oddities)
  }

  /// Hundredths of a second since the machine booted, time asleep included.
  private static func bootClock() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_BOOTTIME, &now)
    return UInt64(now.tv_sec) * 100 + UInt64(now.tv_nsec) / 10_000_000
  }
}
