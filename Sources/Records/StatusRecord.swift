import JSON
import Platform

/// A status record, version 1: one sample of one host, as in the status topic. Fields that are nil are left out.
public struct StatusRecord: Equatable, Sendable {
  /// Event time: when the sample was taken.
  public var timestamp: WallTime
  /// The subject; also the record's key.
  public var host: String
  /// The kind of subject if it isn't a host: `self` for statusd's own metrics.
  public var kind: String?
  /// Percent of all CPUs' time that was busy: neither idle nor waiting for a disk.
  public var cpuUsage: Double?
  /// Percent of memory that programs can't get without swapping.
  public var memoryUsage: Double?
  /// Percent in user mode, at normal priority.
  public var cpuUser: Double?
  /// Percent in kernel mode.
  public var cpuSystem: Double?
  /// Percent idle while a task waited for a disk.
  public var cpuIowait: Double?
  /// Percent stolen by the hypervisor's other guests.
  public var cpuSteal: Double?
  /// CPUs online.
  public var cpuCount: Int?
  /// Load average of 1 minute.
  public var load1: Double?
  /// Load average of 5 minutes.
  public var load5: Double?
  /// Load average of 15 minutes.
  public var load15: Double?
  /// Memory of the machine, bytes.
  public var memoryTotalBytes: UInt64?
  /// Memory that programs can get without swapping, in bytes.
  public var memoryAvailableBytes: UInt64?
  /// Percent of swap in use.
  public var swapUsage: Double?
  /// Percent of the last 10 s in which some task waited for a CPU.
  public var pressureCPUSome10: Double?
  /// Percent of the last 10 s in which some task waited for memory.
  public var pressureMemorySome10: Double?
  /// Percent of the last 10 s in which some task waited for a disk.
  public var pressureIOSome10: Double?
  /// Seconds since boot.
  public var uptimeSeconds: Double?
  /// The time that the rates cover, milliseconds.
  public var intervalMilliseconds: Int64?
  /// The boot within which `sequence` rises.
  public var bootID: String?
  /// Rises by 1 from sample to sample.
  public var sequence: Int64?

  /// A record without any metric.
  public init(timestamp: WallTime, host: String) {
    self.timestamp = timestamp
    self.host = host
  }

  /// Writes the record as one JSON object, with `others` as numbers at its end. Numbers that aren't finite are left
  /// out.
  public func encode(into writer: inout Writer, others: [(name: String, value: Double)] = []) {
    writer.beginObject()
    writer.key("timestamp")
    writer.plainString { timestamp.appendRFC3339(to: &$0) }
    writer.key("host")
    writer.string(host)
    if let kind {
      writer.key("kind")
      writer.string(kind)
    }
    writer.member("cpu_usage", cpuUsage)
    writer.member("memory_usage", memoryUsage)
    writer.member("cpu_user", cpuUser)
    writer.member("cpu_system", cpuSystem)
    writer.member("cpu_iowait", cpuIowait)
    writer.member("cpu_steal", cpuSteal)
    writer.member("cpu_count", cpuCount)
    writer.member("load_1", load1)
    writer.member("load_5", load5)
    writer.member("load_15", load15)
    writer.member("memory_total_bytes", memoryTotalBytes)
    writer.member("memory_available_bytes", memoryAvailableBytes)
    writer.member("swap_usage", swapUsage)
    writer.member("pressure_cpu_some_10", pressureCPUSome10)
    writer.member("pressure_memory_some_10", pressureMemorySome10)
    writer.member("pressure_io_some_10", pressureIOSome10)
    writer.member("uptime_seconds", uptimeSeconds)
    writer.member("interval_ms", intervalMilliseconds)
    if let bootID {
      writer.key("boot_id")
      writer.string(bootID)
    }
    writer.member("sequence", sequence)
    for (name, value) in others where value.isFinite {
      writer.key(name)
      if value == value.rounded(), value.magnitude < 9_007_199_254_740_992 {
        writer.int(Int64(value))
      } else {
        writer.double(value)
      }
    }
    writer.endObject()
  }
}

extension Writer {
  /// Writes a percentage, load or time with two decimals.
  fileprivate mutating func member(_ name: StaticString, _ value: Double?) {
    guard let value, value.isFinite else { return }
    key(name)
    fixed(value, decimals: 2)
  }

  fileprivate mutating func member(_ name: StaticString, _ value: (some BinaryInteger)?) {
    guard let value else { return }
    key(name)
    if let signed = Int64(exactly: value) { int(signed) } else { uint(UInt64(clamping: value)) }
  }
}
