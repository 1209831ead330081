import Evaluator
import JSON
import Platform
import Streams

/// What readers of the readings see is held against the logs.
extension MeterSchedule {
  /// A reading, as far as it is checked.
  struct Told {
    var end: Int64
    var length: Int64
    var records: Int64
    var late: Int64
    var lost: Int64
    var isWhole: Bool
  }

  /// The committed readings of each stream, in order.
  var readings: [String: [Told]] {
    var all: [String: [Told]] = [:]
    for entry in cluster.alerts.committed {
      guard let value = entry.value, let told = Told(value) else { continue }
      all[String(decoding: entry.key ?? [], as: UTF8.self), default: []].append(told)
    }
    return all
  }

  /// What is wrong with them; nil if nothing is.
  func check() -> String? {
    let readings = readings
    for definition in definitions {
      if let problem = check(definition, readings[definition.name] ?? []) { return "\(definition.name): \(problem)" }
    }
    return checkGroup()
  }

  /// How many records of a stream aren't told.
  func missing(_ definition: StreamDefinition, _ told: [Told]) -> Int {
    entries(of: definition).count - Int(told.reduce(0) { $0 + $1.records })
  }

  private func check(_ definition: StreamDefinition, _ told: [Told]) -> String? {
    let length = definition.interval.components.seconds * 1000
    for (before, next) in zip(told, told.dropFirst()) where next.end - before.end != length {
      return "the interval up to \(before.end) is followed by one up to \(next.end)"
    }
    for one in told.dropFirst() where one.length != length { return "an interval of \(one.length)" }
    let entries = entries(of: definition)
    let missing = missing(definition, told)
    if missing != 0 { return "\(entries.count - missing) records are told of \(entries.count)" }
    if told.contains(where: { $0.lost != 0 }) { return "records are told as lost" }
    guard isOrderly else { return nil }
    var expected: [Int64: Int64] = [:]
    let first = told.first?.end ?? 0
    for time in entries { expected[max(first, (time / length + 1) * length), default: 0] += 1 }
    for one in told {
      let count = expected[one.end, default: 0]
      if one.records != count { return "up to \(one.end) \(one.records) records are told of \(count)" }
      if one.late != 0 || !one.isWhole { return "up to \(one.end) records are told as late, or missing" }
    }
    return nil
  }

  /// The Kafka times of all records of a stream.
  private func entries(of definition: StreamDefinition) -> [Int64] {
    cluster.streams.filter { topic in
      definition.topics.contains(.name(topic.name))
        || definition.topics.contains(.pattern("^[bc]$")) && ["b", "c"].contains(topic.name)
    }.flatMap { $0.partitions.flatMap { $0.committed.map(\.kafkaTime) } }
  }
}

extension MeterSchedule.Told {
  /// Reads a reading.
  init?(_ value: [UInt8]) {
    guard let (end, numbers) = Self.fields(of: value), let records = numbers["records"],
      let length = numbers["interval_ms"]
    else { return nil }
    self.end = end.milliseconds
    self.length = length
    self.records = records
    late = numbers["late_records"] ?? 0
    lost = numbers["lost"] ?? 0
    isWhole = numbers["partitions_missing"] == 0
  }

  /// The time and the numbers of a reading.
  static func fields(of value: [UInt8]) -> (end: WallTime, numbers: [String: Int64])? {
    var numbers: [String: Int64] = [:]
    var end: WallTime?
    var reader = Reader(value)
    guard reader.next() == .beginObject else { return nil }
    while reader.next() == .key {
      let name = reader.string ?? ""
      switch reader.next() {
      case .number: numbers[name] = reader.int64 ?? Int64(reader.double ?? 0)
      case .string: if name == "timestamp" { end = WallTime(rfc3339: reader.string ?? "") }
      default: return nil
      }
    }
    return end.map { ($0, numbers) }
  }
}
