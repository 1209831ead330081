import Records

/// The time of all CPUs, and the uptime, which bounds it.
final class CPUCollector: Collector {
  /// Usage, number of CPUs and uptime at one instant.
  struct Reading {
    /// The usage since the previous reading; nil for the first one, and if the counters can't be trusted.
    var usage: CPUUsage?
    /// CPUs that are online.
    var count: Int?
    /// Hundredths of a second since boot.
    var uptime: UInt64?
  }

  static let metrics = [
    // Busy: neither idle nor waiting for a disk.
    Metric("cpu_usage", .percent, at: 10),
    Metric("cpu_user", .percent, at: 30),
    Metric("cpu_system", .percent, at: 31),
    Metric("cpu_iowait", .percent, at: 32),
    Metric("cpu_steal", .percent, at: 33),
    Metric("cpu_count", .count, at: 34),
    Metric("uptime_seconds", .seconds, at: 70),
  ]

  private static let rates = "cpu_usage cpu_user cpu_system cpu_iowait cpu_steal"

  static let oddities = [
    OddityText(oddity: .noCPUTimes, file: "stat", sentence: "CPU times can't be read", fields: rates),
    OddityText(oddity: .noCPUCount, file: "stat", sentence: "the count of CPUs can't be read", fields: "cpu_count"),
    OddityText(oddity: .noUptime, file: "uptime", sentence: "uptime can't be read", fields: "uptime_seconds"),
    OddityText(
      oddity: .impossibleCPUTimes, file: "stat",
      sentence: "CPU counters don't fit the uptime or the elapsed time; CPU rates are left out until they do",
      fields: rates),
    OddityText(
      oddity: .cpuTimesBeganAnew, file: "stat", sentence: "the CPU counters were reset; one sample has no CPU rates",
      fields: rates),
    OddityText(
      oddity: .noSteal, file: "stat", sentence: "the kernel doesn't count stolen CPU time", fields: "cpu_steal",
      isOrdinary: true),
    OddityText(
      oddity: .cpuTimesStandStill, file: "stat",
      sentence: "the CPU counters don't change; there are no CPU rates until they do", fields: rates),
  ]

  private let ticksPerSecond: UInt64
  private var stat: ProcFile
  private var uptime: ProcFile
  /// The previous reading.
  private var last: CPUReading?
  /// The number of consecutive readings with unchanged CPU counters, up to `longStanding`.
  private var standing = 0
  /// From this number on it is no coincidence: all CPUs together make at least one tick each 10 ms, and agents don't
  /// sample faster.
  private static let longStanding = 10

  init(root: String, ticksPerSecond: UInt64) {
    self.ticksPerSecond = ticksPerSecond
    stat = ProcFile(root: root, "stat")
    uptime = ProcFile(root: root, "uptime")
  }

  var recognizesProcFS: Bool { last != nil }

  func state(ofFile name: String) -> ProcError? { stat.state(ifNamed: name) ?? uptime.state(ifNamed: name) }

  func collect(into sample: inout HostSample, _ buffer: inout ReadBuffer) {
    let reading = read(&buffer, &sample.oddities)
    sample.values.append(reading.usage?.usage)
    sample.values.append(reading.usage?.user)
    sample.values.append(reading.usage?.system)
    sample.values.append(reading.usage?.iowait)
    sample.values.append(reading.usage?.steal)
    sample.values.append(reading.count.map { Double($0) })
    sample.values.append(reading.uptime.map { Double($0) / 100 })
  }

  /// Reads both files.
  func read(_ buffer: inout ReadBuffer, _ oddities: inout Oddities) -> Reading {
    let file = readStat(&buffer)
    var reading = Reading()
    if let count = uptime.read(into: &buffer) {
      reading.uptime = Uptime.parse(buffer.storage.span.extracting(first: count))
    }
    if reading.uptime == nil { oddities.insert(.noUptime) }
    if file.isWhole, file.cpuCount > 0 { reading.count = file.cpuCount } else { oddities.insert(.noCPUCount) }
    reading.usage = usage(file, uptime: reading.uptime, &oddities)
    return reading
  }

  /// Reads the CPU lines of `stat`, and grows the buffer until it holds them all.
  private func readStat(_ buffer: inout ReadBuffer) -> StatFile {
    while true {
      guard let count = stat.read(into: &buffer) else { return StatFile() }
      let file = StatFile.parse(buffer.storage.span.extracting(first: count))
      if file.isWhole || count < buffer.storage.count || !buffer.grow() { return file }
    }
  }

  /// Computes the rates since the previous reading. This reading becomes the next base in any case, so a wrong one
  /// affects two samples at most.
  private func usage(_ file: StatFile, uptime: UInt64?, _ oddities: inout Oddities) -> CPUUsage? {
    guard let times = file.times else {
      oddities.insert(.noCPUTimes)
      last = nil
      return nil
    }
    if times.columns < CPUTimes.mostColumns { oddities.insert(.noSteal) }
    let now = CPUReading(times: times, cpus: max(file.cpuCount, 1), uptime: uptime)
    let before = last
    last = now
    guard times.largest <= UInt64(Int64.max) else {
      oddities.insert(.impossibleCPUTimes)
      return nil
    }
    if times.largest == 0 { oddities.insert(.cpuTimesStandStill) }
    guard let before else { return nil }
    let isDoubtful = now.isDoubtful(ticksPerSecond: ticksPerSecond) || before.cpus != now.cpus
    let plausible = isDoubtful ? now.plausibleTicks(since: before, ticksPerSecond: ticksPerSecond) : nil
    let difference = times.difference(from: before.times, ticksPerSecond: ticksPerSecond, plausible: plausible)
    standing = difference == .unchanged ? min(standing + 1, Self.longStanding) : 0
    switch difference {
    case .usage(let usage): return usage
    case .unchanged:
      if standing == Self.longStanding { oddities.insert(.cpuTimesStandStill) }
    case .beganAnew: oddities.insert(.cpuTimesBeganAnew)
    case .implausible: oddities.insert(.impossibleCPUTimes)
    }
    return nil
  }
}

extension Oddities {
  /// `stat` could not be read, or has no `cpu` line.
  public static let noCPUTimes = Oddities(rawValue: 1 << 0)
  /// `stat` doesn't tell the number of CPUs.
  public static let noCPUCount = Oddities(rawValue: 1 << 1)
  /// `uptime` could not be read.
  public static let noUptime = Oddities(rawValue: 1 << 4)
  /// A CPU counter exceeds what can have been counted since boot, or advanced by more or less than the elapsed time.
  public static let impossibleCPUTimes = Oddities(rawValue: 1 << 8)
  /// The CPU counters were reset: this one sample has no CPU rates.
  public static let cpuTimesBeganAnew = Oddities(rawValue: 1 << 9)
  /// The kernel has no steal column.
  public static let noSteal = Oddities(rawValue: 1 << 10)
  /// The CPU counters are all zero, or haven't changed for ten samples: the kernel doesn't count.
  public static let cpuTimesStandStill = Oddities(rawValue: 1 << 14)
}

/// `/proc/uptime` (proc_uptime(5)).
enum Uptime {
  /// Parses hundredths of a second since boot; nil if the number is missing or may be truncated.
  static func parse(_ bytes: Span<UInt8>) -> UInt64? {
    var i = 0
    guard let value = ProcText.hundredths(bytes, &i), ProcText.isSeparator(bytes, i) else { return nil }
    return value
  }
}
