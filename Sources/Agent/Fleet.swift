import Platform
import Records

/// A simulated fleet for tests and benchmarks: one record after another, host by host, round by round. Each record is a
/// pure function of the parameters and the record's number.
///
/// CPU usage varies around a level of each host and sometimes stays above 95 % for 60 rounds; memory drifts slowly.
/// Records have 12 fields, about 250 bytes.
public struct Fleet {
  /// The record that `advance` made last.
  public private(set) var record: StatusRecord

  fileprivate struct Host {
    var name: String
    var tags: [StatusRecord.Tag]
    var bootID: String
    var random: UInt64
    var level: Double
    var cpu: Double
    var memory: Double
    var load: Double
    /// Rounds for which the host stays busy.
    var busy = 0
  }

  /// The metrics of a simulated host.
  private static let metrics = MetricTable([
    Metric("cpu_usage", .percent, at: 0), Metric("memory_usage", .percent, at: 1), Metric("cpu_user", .percent, at: 2),
    Metric("cpu_system", .percent, at: 3), Metric("load_1", .tasks, at: 4), Metric("swap_usage", .percent, at: 5),
  ])

  /// The slots of the metrics above.
  private enum Slot {
    static let cpu = 0, memory = 1, user = 2, system = 3, load = 4, swap = 5
  }

  private var hosts: [Host]
  private let start: WallTime
  private let interval: Duration
  private var round: Int64 = 0
  private var next = 0

  /// - Parameters:
  ///   - count: hosts, at least 1: `web-1`, `db-1`, `cache-1`, `queue-1`, `web-2`, …
  ///   - start: the first record's time; the hosts of a round are spread over `interval`.
  ///   - interval: the time between two records of a host, at least 1 ms.
  ///   - hasTags: whether hosts have the tags `role`, which their names begin with, and `rack`: `r1` for the first forty,
  ///     `r2`, …
  public init(hosts count: Int, seed: UInt64, start: WallTime, interval: Duration, hasTags: Bool = false) {
    let roles = ["web", "db", "cache", "queue"]
    hosts = (0..<max(1, count)).map { index in
      var random = Fleet.mix(seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15)
      let level = 5 + 55 * Fleet.fraction(&random)
      let role = roles[index % 4]
      let tags: [StatusRecord.Tag] =
        hasTags ? [.init(name: "role", value: role), .init(name: "rack", value: "r\(index / 40 + 1)")] : []
      return Host(
        name: "\(role)-\(index / 4 + 1)", tags: tags, bootID: Fleet.bootID(&random), random: random, level: level,
        cpu: level, memory: 20 + 60 * Fleet.fraction(&random), load: level / 12)
    }
    self.start = start
    self.interval = max(interval, .milliseconds(1))
    record = StatusRecord(timestamp: start, host: "", metrics: Fleet.metrics)
    record.intervalMilliseconds = self.interval.wholeMilliseconds
    record.metrics[Slot.swap] = 0
  }

  /// Makes the next record.
  public mutating func advance() {
    let milliseconds = interval.wholeMilliseconds
    let offset = milliseconds * Int64(next) / Int64(hosts.count)
    record.timestamp = WallTime(milliseconds: start.milliseconds &+ round &* milliseconds &+ offset)
    hosts[next].step()
    let host = hosts[next]
    record.host = host.name
    record.tags = host.tags
    record.bootID = host.bootID
    record.sequence = round + 1
    record.metrics[Slot.cpu] = host.cpu
    record.metrics[Slot.memory] = host.memory
    record.metrics[Slot.user] = host.cpu * 0.8
    record.metrics[Slot.system] = host.cpu * 0.2
    record.metrics[Slot.load] = host.load
    next += 1
    if next == hosts.count {
      next = 0
      round += 1
    }
  }

  /// A number from 0 to 1 (SplitMix64).
  fileprivate static func fraction(_ random: inout UInt64) -> Double {
    random &+= 0x9E37_79B9_7F4A_7C15
    return Double(mix(random) >> 11) / 9_007_199_254_740_992
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  private static func bootID(_ random: inout UInt64) -> String {
    var digits = ""
    for length in [8, 4, 4, 4, 12] {
      if !digits.isEmpty { digits += "-" }
      for _ in 0..<length { digits += String(Int(fraction(&random) * 16), radix: 16) }
    }
    return digits
  }
}

extension Fleet.Host {
  fileprivate mutating func step() {
    let chance = Fleet.fraction(&random)
    if busy > 0 {
      busy -= 1
    } else if chance < 0.0005 {
      busy = 60
    }
    let target = busy > 0 ? 97.5 : level
    cpu = min(100, max(0.3, cpu + (target - cpu) * 0.3 + 4 * (chance - 0.5)))
    memory = min(99, max(5, memory + 0.2 * (Fleet.fraction(&random) - 0.5)))
    load += (cpu / 12 - load) * 0.05
  }
}
