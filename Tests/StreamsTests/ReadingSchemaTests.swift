import JSON
import Streams
import TestRandom
import TestSupport
import Testing

@Suite("docs/schemas/reading.schema.json")
struct ReadingSchemaTests {
  /// A stream with every kind of number.
  private static var everything: StreamDefinition {
    var stream = StreamDefinition(name: "orders", topics: [.name("t")])
    stream.time = "timestamp"
    stream.division = .field("status")
    stream.counts = [
      .init(name: "errors", field: "message", condition: .contains("error")),
      .init(name: "slow", field: "took_ms", condition: .above(500)),
    ]
    stream.measures = [.init(field: "took_ms", statistics: StreamDefinition.Statistic.allCases)]
    stream.distincts = [.init(name: "hosts", field: "host", over: .seconds(3))]
    return stream
  }

  /// The numbers that it defines itself.
  private static let ownNumbers: Set<String> = [
    "errors", "errors_share", "slow", "slow_share", "took_ms_avg", "took_ms_min", "took_ms_max", "took_ms_sum",
    "hosts",
  ]

  private func value(_ random: inout SeededRandom, at now: Int64) -> String {
    if random.once(in: 20) { return random.pick(["", "text", "[1]", "{\"host\":\"\u{1}\"}"]) }
    let statuses = ["paid", "", "a/b", "100%", "d\u{e9}j\u{e0}", "\\t", String(repeating: "x", count: 300)]
    let numbers = ["1", "512.5", "-1e300", "1e300", "0.1", "\"fast\"", "9007199254740993"]
    let times = ["\(now)", "\(now + 5000)", "\(now - 40)", "\"2022-01-01 00:00:00\"", "0", "253402300799999"]
    return
      "{\"status\":\"\(random.pick(statuses))\",\"took_ms\":\(random.pick(numbers)),\"host\":\"\(random.below(5))\","
      + "\"timestamp\":\(random.pick(times)),\"message\":\"\(random.pick(["fine", "an error"]))\"}"
  }

  /// The readings of a meter over some random intervals, as they are written.
  private func readings(_ definition: StreamDefinition, seed: UInt64) throws -> [String] {
    var random = SeededRandom(seed: seed)
    var reader = try StreamReader(definition)
    var facts = RecordFacts(for: definition)
    let partitions = [StreamPartition("t", 0), StreamPartition("t", 1)]
    var now: Int64 = 1_795_176_000_000
    var meter = StreamMeter(
      definition,
      StreamState(
        definition: StreamState.hash(of: definition), told: now,
        lanes: partitions.map { .init(partition: $0, position: 0) }))
    var ends: [Int64] = [0, 0]
    var readings: [StreamReading] = []
    for _ in 0..<60 {
      now += Int64(random.below(900))
      for _ in 0..<random.below(12) {
        let lane = random.below(2)
        let bytes = Array(value(&random, at: now).utf8)
        bytes.withUnsafeBytes { reader.read(key: nil, value: $0, into: &facts) }
        meter.receive(
          lane: lane, offset: ends[lane], kafkaTime: now, notLaterThan: now, bytes: bytes.count,
          facts: definition.format == .none ? nil : facts)
        ends[lane] += 1
      }
      if random.once(in: 20) {
        ends[0] += 3
        meter.lose(lane: 0, upTo: ends[0])
      }
      for lane in 0..<2 {
        if random.once(in: 8) {
          meter.isMissing(partitions[lane])
        } else {
          meter.ends(lane: lane, at: ends[lane], clock: now)
        }
      }
      readings += meter.tell(clock: now)
    }
    return readings.map {
      var writer = Writer()
      $0.encode(into: &writer)
      return String(decoding: writer.bytes, as: UTF8.self)
    }
  }

  @Test("readings of a stream and of its values meet it; it describes each of their numbers, and no others")
  func produced() throws {
    let schema = try JSONSchema.file("reading")
    let parts = try (stream: schema.definition("stream"), value: schema.definition("value"))
    var seen: (stream: Set<String>, value: Set<String>) = ([], [])
    for seed in 0..<24 {
      var definition = Self.everything
      if seed % 4 == 3 {
        definition = StreamDefinition(name: "orders", topics: [.name("t")])
        definition.format = seed % 8 == 3 ? .none : .text
      }
      for record in try readings(definition, seed: UInt64(seed)) {
        let value = try JSONValue(parsing: record)
        let kind = value["kind"]?.text
        let part = kind == "stream" ? parts.stream : parts.value
        let problems = schema.problems(of: value) + part.problems(of: value)
        guard problems.isEmpty else {
          Issue.record("seed \(seed) \(problems): \(record)")
          return
        }
        let fields = Set(try #require(value.members).keys)
        if kind == "stream" { seen.stream.formUnion(fields) } else { seen.value.formUnion(fields) }
        #expect(definition.format != .none || value["invalid"] == nil)
      }
    }
    #expect(seen.stream == parts.stream.fields.union(Self.ownNumbers))
    #expect(seen.value == parts.value.fields.union(Self.ownNumbers))
  }

  @Test("a reading without a number, of another kind, or with a number that can't be is refused")
  func refused() throws {
    let schema = try JSONSchema.file("reading")
    let examples = try #require(schema.keyword("examples")?.elements)
    let members = try #require(examples.first { $0["kind"]?.text == "stream" }?.members)
    for field in [
      "timestamp", "host", "kind", "records", "bytes", "late_records", "interval_ms", "lost", "partitions",
      "partitions_missing", "meter_delay_ms",
    ] {
      var other = members
      other[field] = nil
      #expect(schema.problems(of: .object(other)) != [], "without \(field)")
    }
    let wrong: [(field: String, value: JSONValue)] = [
      ("kind", .string("topic")), ("kind", .string("value")), ("kind", .null), ("records", .number(-1)),
      ("records", .number(0.5)), ("rate", .number(-1)), ("rate", .null), ("interval_ms", .number(0)),
      ("host", .string("orders/paid")), ("host", .string("")), ("errors", .string("3")), ("errors_share", .null),
      ("delay_ms_max", .number(0.5)), ("silence_seconds", .number(-1)), ("timestamp", .number(1_795_176_000_000)),
    ]
    for (field, value) in wrong {
      #expect(schema.problems(of: .object(members.merging([field: value]) { $1 })) != [], "\(field) \(value)")
    }
    let value = try #require(examples.first { $0["kind"]?.text == "value" }?.members)
    for host in ["orders", "orders/a/b", "/paid", String(repeating: "x", count: 101) + "/paid"] {
      #expect(schema.problems(of: .object(value.merging(["host": .string(host)]) { $1 })) != [], "\(host)")
    }
  }
}
