/// What a sample lacks, or had to work around. Each is worth one line in the log, not one a second.
public struct Oddities: OptionSet, Sendable {
  /// One bit for each oddity.
  public let rawValue: UInt32

  /// The set with these bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `stat` could not be read, or has no `cpu` line.
  public static let noCPUTimes = Oddities(rawValue: 1 << 0)
  /// The count of CPUs is not in `stat`.
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
  /// A CPU counter is above what can have been counted since the start, or went on by another time than has passed.
  public static let impossibleCPUTimes = Oddities(rawValue: 1 << 8)
  /// The CPU counters began anew: the rates of this one sample are left out.
  public static let cpuTimesBeganAnew = Oddities(rawValue: 1 << 9)
  /// The kernel has no steal column.
  public static let noSteal = Oddities(rawValue: 1 << 10)
  /// `MemAvailable` is missing or impossible, and was estimated.
  public static let estimatedMemoryAvailable = Oddities(rawValue: 1 << 11)
  /// `MemAvailable` is missing or impossible, and there is nothing to estimate it from.
  public static let noMemoryAvailable = Oddities(rawValue: 1 << 12)
  /// There is swap, but how much of it is free is missing or above the total.
  public static let noSwapFree = Oddities(rawValue: 1 << 13)
  /// The CPU counters are all zero, or haven't moved for ten samples: nobody counts.
  public static let cpuTimesStandStill = Oddities(rawValue: 1 << 14)
}

/// One oddity in words.
public struct OddityText: Sendable {
  /// Which one.
  public let oddity: Oddities
  /// The file below the root.
  public let file: String
  /// What is the matter, a constant sentence.
  public let sentence: StaticString
  /// The fields of a status record that are left out because of it, or read otherwise.
  public let fields: String
  /// True where it is a property of the kernel or the machine, and nothing is wrong.
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
      oddity: .noCPUPressure, file: "pressure/cpu", sentence: "the kernel offers no pressure of CPUs",
      fields: "pressure_cpu_some_10", isOrdinary: true),
    OddityText(
      oddity: .noMemoryPressure, file: "pressure/memory", sentence: "the kernel offers no pressure of memory",
      fields: "pressure_memory_some_10", isOrdinary: true),
    OddityText(
      oddity: .noIOPressure, file: "pressure/io", sentence: "the kernel offers no pressure of disks",
      fields: "pressure_io_some_10", isOrdinary: true),
    OddityText(
      oddity: .impossibleCPUTimes, file: "stat",
      sentence:
        "CPU counters stand above or went on by what can't have passed; rates are left out until they are right",
      fields: "cpu_usage cpu_user cpu_system cpu_iowait cpu_steal"),
    OddityText(
      oddity: .cpuTimesBeganAnew, file: "stat", sentence: "the CPU counters began anew; one sample has no rates",
      fields: "cpu_usage cpu_user cpu_system cpu_iowait cpu_steal"),
    OddityText(
      oddity: .noSteal, file: "stat", sentence: "the kernel doesn't count stolen CPU time", fields: "cpu_steal",
      isOrdinary: true),
    OddityText(
      oddity: .estimatedMemoryAvailable, file: "meminfo",
      sentence: "MemAvailable is missing or impossible and is estimated from what is free and cached",
      fields: "memory_usage memory_available_bytes", isOrdinary: true),
    OddityText(
      oddity: .noMemoryAvailable, file: "meminfo", sentence: "MemAvailable is missing or impossible",
      fields: "memory_usage memory_available_bytes"),
    OddityText(
      oddity: .noSwapFree, file: "meminfo", sentence: "free swap is missing or above the total", fields: "swap_usage"),
    OddityText(
      oddity: .cpuTimesStandStill, file: "stat",
      sentence: "the CPU counters stand still; there are no CPU rates until they move",
      fields: "cpu_usage cpu_user cpu_system cpu_iowait cpu_steal"),
  ]
}
