import Glibc

/// Reads this host from the files below a root, `/proc` mostly. One thread owns it.
///
/// The files are opened once and re-read; a sample allocates nothing once the buffer has the size that this machine needs.
public struct Sampler: ~Copyable {
  /// Names this boot; nil where the kernel doesn't.
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
  /// The reading before.
  private var last: CPUReading?
  /// How many samples in a row have found the CPU counters as the one before had.
  private var standing = 0
  /// From so many on it's no accident: all CPUs together make a tick in each 10 ms at the least, and agents ask no faster.
  private static let longStanding = 10

  /// Opens the files and takes the first reading, on which the first sample's rates are based.
  ///
  /// - Parameters:
  ///   - root: where the files stand: `/proc`, or where it is mounted in a container.
  ///   - ticksPerSecond: USER_HZ; by default this kernel's (sysconf(3)).
  /// - Throws: where neither `stat` nor `meminfo` below `root` can be understood: then this is no /proc.
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

  /// Reads the host now. Never fails: what can't be read is nil in the sample, and named in its oddities.
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

  /// `stat` as far as its CPUs go; the buffer grows until it holds them all.
  private mutating func readStat() -> StatFile {
    while true {
      guard let count = stat.read(into: &buffer) else { return StatFile() }
      let file = StatFile.parse(buffer.storage.span.extracting(first: count))
      if file.isWhole || count < buffer.storage.count || !buffer.grow() { return file }
    }
  }

  /// The rates since the reading before. This one is the next base in every case, so that nothing gets stuck.
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
