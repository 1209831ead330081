import JSON
import Platform
import Records
import TestRandom

/// A fleet whose hosts each send a status record a second, about 250 bytes as an agent writes them.
struct Fleet {
  /// The records of the current second one behind the other, each host once, in an order of its own: key, then value.
  private(set) var bytes: [UInt8] = []
  /// Where each of them begins, where its value begins, and where it ends.
  private(set) var records: [(start: Int, value: Int, end: Int)] = []
  /// The hosts' names, which are the keys.
  private let keys: [[UInt8]]
  /// Milliseconds since the epoch.
  private(set) var now: Int64 = 1_795_176_000_000

  private var random: SeededRandom
  private let boots: [String]
  private let load: [Double]
  private var overload: [Int]
  private var order: [Int]
  private var sequence: Int64 = 1000
  private var writer = Writer()

  init(hosts: Int, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    keys = (0..<hosts).map { Array("web-\($0 + 1)".utf8) }
    boots = (0..<hosts).map { _ in Fleet.bootID(&random) }
    load = (0..<hosts).map { _ in random.number(below: 50) }
    overload = Array(repeating: 0, count: hosts)
    order = Array(0..<hosts)
    self.random = random
  }

  /// The next second.
  mutating func advance() {
    now += 1000
    sequence += 1
    bytes.removeAll(keepingCapacity: true)
    records.removeAll(keepingCapacity: true)
    for index in order.indices.reversed().dropLast() { order.swapAt(index, random.below(index + 1)) }
    for host in order {
      writer.reset()
      sample(host).encode(into: &writer)
      let start = bytes.count
      bytes.append(contentsOf: keys[host])
      let value = bytes.count
      bytes.append(contentsOf: writer.bytes)
      records.append((start, value, bytes.count))
    }
  }

  /// The metrics of a host.
  private static let metrics = MetricTable([
    Metric("cpu_usage", .percent, at: 0), Metric("memory_usage", .percent, at: 1), Metric("cpu_user", .percent, at: 2),
    Metric("cpu_system", .percent, at: 3), Metric("load_1", .tasks, at: 4), Metric("swap_usage", .percent, at: 5),
  ])

  /// The slots of the metrics above.
  private enum Slot {
    static let cpu = 0, memory = 1, user = 2, system = 3, load = 4, swap = 5
  }

  private mutating func sample(_ host: Int) -> StatusRecord {
    // One host in two thousand goes into trouble each second, for up to a minute.
    if overload[host] > 0 {
      overload[host] -= 1
    } else if random.below(2000) == 0 {
      overload[host] = random.below(60)
    }
    var record = StatusRecord(
      timestamp: WallTime(milliseconds: now + Int64(random.below(20))),
      host: String(decoding: keys[host], as: UTF8.self), metrics: Fleet.metrics)
    let cpu = overload[host] > 0 ? 91 + random.number(below: 9) : load[host] + random.number(below: 20)
    record.metrics[Slot.cpu] = cpu
    record.metrics[Slot.memory] = 40 + load[host] * 0.8 + random.number(below: 2)
    record.metrics[Slot.user] = cpu * 0.8
    record.metrics[Slot.system] = cpu * 0.2
    record.metrics[Slot.load] = cpu / 25
    record.metrics[Slot.swap] = random.number(below: 3)
    record.intervalMilliseconds = 1000
    record.bootID = boots[host]
    record.sequence = sequence
    return record
  }

  private static func bootID(_ random: inout SeededRandom) -> String {
    let digits = Array("0123456789abcdef")
    return String((0..<36).map { [8, 13, 18, 23].contains($0) ? "-" : digits[random.below(16)] })
  }
}

extension SeededRandom {
  /// A number from 0 up to `bound`.
  mutating func number(below bound: Double) -> Double { Double(next() >> 11) / 9_007_199_254_740_992 * bound }
}
