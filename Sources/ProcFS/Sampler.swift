import Glibc

/// Reads this host's state from the files below a root, usually `/proc`. Owned by one thread.
///
/// The files are opened once and re-read. A sample allocates nothing once the buffer is large enough for this machine.
public struct Sampler: ~Copyable {
  /// The UUID of this boot; nil if the kernel doesn't provide one.
  public let bootID: String?
  private let ticksPerSecond: UInt64
  private var buffer = ReadBuffer()
  private var stat: ProcFile
  private var meminfo: ProcFile
  private var loadavg: ProcFile
  private var uptime: ProcFile
  private var cpuPressure: ProcFile
  private var memoryPressure: ProcFile
  private var ioPressure: ProcFile
  /// The previous reading.
  private var last: CPUReading?
  /// The number of consecutive samples with unchanged CPU counters, up to `longStanding`.
  private var standing = 0
  /// From this number on it is no coincidence: all CPUs together make at least one tick each 10 ms, and agents don't
  /// sample faster.
  private static let longStanding = 10

  /// Opens the files and takes the first reading, the base of the first sample's rates.
  ///
  /// - Parameters:
  ///   - root: the directory of the files: `/proc`, or where it is mounted in a container.
  ///   - ticksPerSecond: USER_HZ; by default the running kernel's (sysconf(3)).
  /// - Throws: if neither `stat` nor `meminfo` below `root` is recognized: then `root` isn't a procfs.
  public init(root: String = "/proc", ticksPerSecond: UInt64? = nil) throws(ProcError) {
    self.ticksPerSecond = ticksPerSecond ?? UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    stat = ProcFile(root: root, "stat")
    meminfo = ProcFile(root: root, "meminfo")
    loadavg = ProcFile(root: root, "loadavg")
    uptime = ProcFile(root: root, "uptime")
    cpuPressure = ProcFile(root: root, "pressure/cpu")
    memoryPressure = ProcFile(root: root, "pressure/memory")
    ioPressure = ProcFile(root: root, "pressure/io")
    bootID = Self.readBootID(root: root)
    let first = sample()
    guard first.memory == nil, last == nil else { return }
    throw ProcError(path: stat.path, code: stat.failure)
  }

  /// Reads the host now. Never fails: a value that can't be read is nil, and `oddities` names it.
  public mutating func sample() -> HostSample {
    var sample = HostSample()
    let statFile = readStat()
    var uptimeNow: UInt64?
    if let count = uptime.read(into: &buffer) {
      uptimeNow = Uptime.parse(buffer.storage.span.extracting(first: count))
    }
    sample.uptimeSeconds = uptimeNow.map { Double($0) / 100 }
    if uptimeNow == nil { sample.oddities.insert(.noUptime) }
    takeCPU(statFile, uptime: uptimeNow, into: &sample)
    if let count = meminfo.read(into: &buffer) {
      sample.memory = MemoryInfo.parse(buffer.storage.span.extracting(first: count)).usage(&sample.oddities)
    } else {
      sample.oddities.insert(.noMemoryTotal)
    }
    if let count = loadavg.read(into: &buffer) {
      sample.load = LoadAverages.parse(buffer.storage.span.extracting(first: count))
    }
    if sample.load == nil { sample.oddities.insert(.noLoad) }
    sample.cpuPressure = Self.readPressure(&cpuPressure, &buffer)
    if sample.cpuPressure == nil { sample.oddities.insert(.noCPUPressure) }
    sample.memoryPressure = Self.readPressure(&memoryPressure, &buffer)
    if sample.memoryPressure == nil { sample.oddities.insert(.noMemoryPressure) }
    sample.ioPressure = Self.readPressure(&ioPressure, &buffer)
    if sample.ioPressure == nil { sample.oddities.insert(.noIOPressure) }
    return sample
  }

  /// The last error of reading the file named in an `OddityText`; nil if it was read.
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

  private static func readBootID(root: String) -> String? {
    var buffer = ReadBuffer()
    var file = ProcFile(root: root, "sys/kernel/random/boot_id")
    guard let count = file.read(into: &buffer) else { return nil }
    return BootID.parse(buffer.storage.span.extracting(first: count))
  }

  private static func readPressure(_ file: inout ProcFile, _ buffer: inout ReadBuffer) -> Double? {
    guard let count = file.read(into: &buffer) else { return nil }
    return Pressure.parse(buffer.storage.span.extracting(first: count))
  }

  /// Reads the CPU lines of `stat`, and grows the buffer until it holds them all.
  private mutating func readStat() -> StatFile {
    while true {
      guard let count = stat.read(into: &buffer) else { return StatFile() }
      let file = StatFile.parse(buffer.storage.span.extracting(first: count))
      if file.isWhole || count < buffer.storage.count || !buffer.grow() { return file }
    }
  }

  /// Computes the rates since the previous reading. This reading becomes the next base in any case, so a wrong one
  /// affects two samples at most.
  private mutating func takeCPU(_ file: StatFile, uptime: UInt64?, into sample: inout HostSample) {
    if file.isWhole, file.cpuCount > 0 {
      sample.cpuCount = file.cpuCount
    } else {
      sample.oddities.insert(.noCPUCount)
    }
    guard let times = file.times else {
      sample.oddities.insert(.noCPUTimes)
      last = nil
      return
    }
    if times.columns < CPUTimes.mostColumns { sample.oddities.insert(.noSteal) }
    let now = CPUReading(times: times, cpus: max(file.cpuCount, 1), uptime: uptime)
    let before = last
    last = now
    guard times.largest <= UInt64(Int64.max) else {
      sample.oddities.insert(.impossibleCPUTimes)
      return
    }
    if times.largest == 0 { sample.oddities.insert(.cpuTimesStandStill) }
    guard let before else { return }
    let isDoubtful = now.isDoubtful(ticksPerSecond: ticksPerSecond) || before.cpus != now.cpus
    let plausible = isDoubtful ? now.plausibleTicks(since: before, ticksPerSecond: ticksPerSecond) : nil
    let difference = times.difference(from: before.times, ticksPerSecond: ticksPerSecond, plausible: plausible)
    standing = difference == .unchanged ? min(standing + 1, Self.longStanding) : 0
    switch difference {
    case .usage(let usage): sample.cpu = usage
    case .unchanged:
      if standing == Self.longStanding { sample.oddities.insert(.cpuTimesStandStill) }
    case .beganAnew: sample.oddities.insert(.cpuTimesBeganAnew)
    case .implausible: sample.oddities.insert(.impossibleCPUTimes)
    }
  }
}
