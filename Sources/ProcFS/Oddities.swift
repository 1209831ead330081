/// What a sample lacks or had to work around. Log each once, not every second.
public struct Oddities: OptionSet, Sendable {
  /// One bit for each oddity.
  public let rawValue: UInt32

  /// The set with these bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `stat` could not be read, or has no `cpu` line.
  public static let noCPUTimes = Oddities(rawValue: 1 << 0)
  /// `stat` doesn't tell the number of CPUs.
  public static let noCPUCount = Oddities(rawValue: 1 << 1)
  /// `meminfo` could not be read, or has no total.
  public static let noMemoryTotal = Oddities(rawValue: 1 << 2)
  /// `loadavg` could not be read.
  public static let noLoad = Oddities(rawValue: 1 << 3)
  /// `uptime` could not be read.
  public static let noUptime = Oddities(rawValue: 1 << 4)
  /// `pressure/cpu` could not be read: the kernel has no PSI, or it is switched off.
  public static let noCPUPressure = Oddities(rawValue: 1 << 5)
  /// `pressure/memory` could not be read.
  public static let noMemoryPressure = Oddities(rawValue: 1 << 6)
  /// `pressure/io` could not be read.
  public static let noIOPressure = Oddities(rawValue: 1 << 7)
  /// A CPU counter exceeds what can have been counted since boot, or advanced by more or less than the elapsed time.
  public static let impossibleCPUTimes = Oddities(rawValue: 1 << 8)
  /// The CPU counters were reset: this one sample has no CPU rates.
  public static let cpuTimesBeganAnew = Oddities(rawValue: 1 << 9)
  /// The kernel has no steal column.
  public static let noSteal = Oddities(rawValue: 1 << 10)
  /// `MemAvailable` is missing or impossible, and was estimated.
  public static let estimatedMemoryAvailable = Oddities(rawValue: 1 << 11)
  /// `MemAvailable` is missing or impossible, and there is nothing to estimate it from.
  public static let noMemoryAvailable = Oddities(rawValue: 1 << 12)
  /// Swap exists, but the figure for free swap is missing or exceeds the total.
  public static let noSwapFree = Oddities(rawValue: 1 << 13)
  /// The CPU counters are all zero, or haven't changed for ten samples: the kernel doesn't count.
  public static let cpuTimesStandStill = Oddities(rawValue: 1 << 14)
}

/// An oddity with its log line.
public struct OddityText: Sendable {
  /// The oddity.
  public let oddity: Oddities
  /// The file, relative to the root.
  public let file: String
  /// The log message, a constant sentence.
  public let sentence: StaticString
  /// The fields of a status record that are missing or estimated because of it.
  public let fields: String
  /// True if it is a property of the kernel or the machine, not a fault.
  public var isOrdinary = false
}

extension Oddities {
  /// All of them, in the order of their bits.
  public static let texts: [OddityText] = [
    OddityText(
      oddity: .noCPUTimes, file: "stat", sentence: "CPU times can't be read",
      fields: "cpu_usage cpu_user cpu_system cpu_iowait cpu_steal"),
    OddityText(
      oddity: .noCPUCount, file: "stat", sentence: "the count of CPUs can't be read", fields: "cpu_count"),
    OddityText(
      oddity: .noMemoryTotal, file: "meminfo", sentence: "memory can't be read",
      fields: "memory_usage memory_total_bytes memory_available_bytes swap_usage"),
    OddityText(
      oddity: .noLoad, file: "loadavg", sentence: "load can't be read", fields: "load_1 load_5 load_15"),
    OddityText(
      oddity: .noUptime, file: "uptime", sentence: "uptime can't be read", fields: "uptime_seconds"),
    OddityText(
      oddity: .noCPUPressure, file: "pressure/cpu", sentence: "the kernel reports no CPU pressure",
      fields: "pressure_cpu_some_10", isOrdinary: true),
    OddityText(
      oddity: .noMemoryPressure, file: "pressure/memory", sentence: "the kernel reports no memory pressure",
      fields: "pressure_memory_some_10", isOrdinary: true),
    OddityText(
      oddity: .noIOPressure, file: "pressure/io", sentence: "the kernel reports no I/O pressure",
      fields: "pressure_io_some_10", isOrdinary: true),
    OddityText(
      oddity: .impossibleCPUTimes, file: "stat",
      sentence:
        "CPU counters don't fit the uptime or the elapsed time; CPU rates are left out until they do",
      fields: "cpu_usage cpu_user cpu_system cpu_iowait cpu_steal"),
    OddityText(
      oddity: .cpuTimesBeganAnew, file: "stat", sentence: "the CPU counters were reset; one sample has no CPU rates",
      fields: "cpu_usage cpu_user cpu_system cpu_iowait cpu_steal"),
    OddityText(
      oddity: .noSteal, file: "stat", sentence: "the kernel doesn't count stolen CPU time", fields: "cpu_steal",
      isOrdinary: true),
    OddityText(
      oddity: .estimatedMemoryAvailable, file: "meminfo",
      sentence: "MemAvailable is missing or impossible; it is estimated from free and cached memory",
      fields: "memory_usage memory_available_bytes", isOrdinary: true),
    OddityText(
      oddity: .noMemoryAvailable, file: "meminfo", sentence: "MemAvailable is missing or impossible",
      fields: "memory_usage memory_available_bytes"),
    OddityText(
      oddity: .noSwapFree, file: "meminfo", sentence: "free swap is missing or above the total", fields: "swap_usage"),
    OddityText(
      oddity: .cpuTimesStandStill, file: "stat",
      sentence: "the CPU counters don't change; there are no CPU rates until they do",
      fields: "cpu_usage cpu_user cpu_system cpu_iowait cpu_steal"),
  ]
}
