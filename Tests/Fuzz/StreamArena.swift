import JSON
import Platform
import Records
import Streams
import TestRandom

/// Records of any producer, through the reader and the meter of a stream.
///
/// What must hold: nothing ends the process, each record is counted in one reading, readings are JSON, a meter that goes
/// on with the state counts no record again, and the same records make the same readings.
struct StreamArena: Arena {
  static let name = "streams"
  static let inputsPerCase = 50

  init() {}

  mutating func run(_ random: inout SeededRandom) throws -> String? {
    let definition = Self.definition(&random)
    let records = (0..<Self.inputsPerCase).map { _ in Self.record(&random) }
    let seed = random.next()
    let first = try Self.readings(of: records, definition, seed)
    let counted = first.reduce(0) { $0 + ($1.kind == "stream" ? $1["records"] ?? 0 : 0) }
    guard counted == Double(records.count) else {
      return "\(counted) records are told; \(Self.shown(records, definition))"
    }
    for reading in first {
      var writer = Writer()
      reading.encode(into: &writer)
      guard Self.isObject(writer.bytes) else {
        return "a reading isn't JSON: \(Fuzz.shown(writer.bytes)); \(Self.shown(records, definition))"
      }
    }
    guard try Self.readings(of: records, definition, seed) == first else {
      return "the same records make other readings; \(Self.shown(records, definition))"
    }
    return nil
  }

  /// A record, as brokers give it.
  private struct Record {
    var key: [UInt8]?
    var value: [UInt8]?
    var kafkaTime: Int64
    /// The meter's clock comes on by so much behind it.
    var pause: Int64
  }

  private static let start: Int64 = 1_795_176_000_000

  private static func record(_ random: inout SeededRandom) -> Record {
    var maker = RandomRecord(random: random)
    var value = Array(maker.object().utf8)
    random = maker.random
    if random.once(in: 2) { value = random.broken(value, with: pieces) }
    return Record(
      key: random.pick([nil, [], Array("a/b".utf8), [0xFF], Array("x\u{85}%".utf8)]),
      value: random.once(in: 20) ? nil : value,
      kafkaTime: random.pick([start, start + 700, start + 1500, start - 90_000, start + 4_000_000, -1, .min, .max]),
      pause: random.pick([0, 0, 0, 300, 1100]))
  }

  private static func definition(_ random: inout SeededRandom) -> StreamDefinition {
    var stream = StreamDefinition(name: "s", topics: [.name("t")])
    stream.format = random.pick(StreamDefinition.Format.allCases)
    stream.division = random.pick([nil, .key, .field(random.pick(RandomRecord.names))])
    stream.time = random.pick([nil, "timestamp"])
    stream.greatestAge = random.pick([nil, .seconds(30)])
    for number in 0..<random.below(4) {
      stream.counts.append(
        .init(
          name: "count\(number)", field: stream.format == .json ? random.pick(RandomRecord.names) : nil,
          condition: random.pick([
            .equals("web-1"), .contains("e"), .matches("(?i)^w.*\\d$"), .matches("(a+)+$"), .above(1), .below(1e9),
          ])))
    }
    if stream.format != .json { return stream }
    for field in RandomRecord.names.shuffled(using: &random).prefix(random.below(3)) {
      stream.measures.append(.init(field: field, statistics: StreamDefinition.Statistic.allCases))
    }
    for number in 0..<random.below(3) {
      stream.distincts.append(
        .init(name: "distinct\(number)", field: random.pick(RandomRecord.names), over: .seconds(1 + number)))
    }
    return stream
  }

  private static func readings(
    of records: [Record], _ definition: StreamDefinition, _ seed: UInt64
  ) throws -> [StreamReading] {
    var random = SeededRandom(seed: seed)
    var reader = try StreamReader(definition)
    var facts = RecordFacts(for: definition)
    var state = StreamState(
      definition: StreamState.hash(of: definition), told: start,
      lanes: [.init(partition: StreamPartition("t", 0), position: 0)])
    var meter = StreamMeter(definition, state)
    var readings: [StreamReading] = []
    var clock = start
    while true {
      var offset = Int(meter.positions[0].offset)
      if random.once(in: 2) { meter.ends(lane: 0, at: Int64(records.count), clock: clock) }
      while offset < records.count, !random.once(in: 20) {
        let record = records[offset]
        withBytes(record.key) { key in
          withBytes(record.value) { value in
            reader.read(key: key, value: value, into: &facts)
            meter.receive(
              lane: 0, offset: Int64(offset), kafkaTime: record.kafkaTime, notLaterThan: clock, bytes: 10, facts: facts)
          }
        }
        offset += 1
        clock += record.pause
      }
      let isLast = offset == records.count
      if isLast {
        clock += 5000
        meter.ends(lane: 0, at: Int64(offset), clock: clock)
      }
      readings += meter.tell(clock: clock)
      state = meter.state
      if isLast { return readings }
      if random.once(in: 3) { meter = StreamMeter(definition, state) }
    }
  }

  /// Whether it is one JSON object.
  static func isObject(_ bytes: [UInt8]) -> Bool {
    var reader = Reader(bytes)
    guard reader.next() == .beginObject else { return false }
    while true {
      switch reader.next() {
      case .end: return true
      case .invalid: return false
      default: continue
      }
    }
  }

  private static func shown(_ records: [Record], _ definition: StreamDefinition) -> String {
    "\(definition)"
      + records.map { record in
        "\n  \(record.kafkaTime) \(record.key.map { Fuzz.shown($0) } ?? "null") \(record.value.map { Fuzz.shown($0) } ?? "null")"
      }.joined()
  }

  private static let pieces: [[UInt8]] = [
    "\"host\":", "\"timestamp\":\"2026-11-20T12:00:01.000Z\"", "\"role\":", "{", "}", "[", "]", "\"", "\\", ",", ":",
    "null", "true", "1e999", "-", "\u{2028}",
  ].map { Array($0.utf8) }
}
