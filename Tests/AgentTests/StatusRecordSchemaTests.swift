import JSON
import Platform
import ProcFS
import Records
import TestRandom
import TestSupport
import Testing

@testable import Agent

@Suite("docs/schemas/status-record.schema.json")
struct StatusRecordSchemaTests {
  private func text(_ record: StatusRecord, others: [(name: String, value: Double)] = []) -> String {
    var writer = Writer()
    record.encode(into: &writer, others: others)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func record(_ random: inout SeededRandom, leavesOut: Bool) -> StatusRecord {
    var record = StatusRecord(
      timestamp: WallTime(milliseconds: 1_795_176_000_000), host: random.pick(["web-1", "d\u{e9}\"\\"]),
      metrics: Sampler.metrics)
    for (slot, metric) in Sampler.metrics.metrics.enumerated() where !leavesOut || random.once(in: 2) {
      record.metrics[slot] =
        switch metric.unit {
        case .percent: random.pick([0, 0.004, 37.254, 99.999, 100])
        case .tasks, .seconds: random.pick([0, 0.52, 4096, 1e15, 1e300])
        case .bytes, .count: random.pick([0, 8, 16_777_216_000, 9_007_199_254_740_992, 1.8446744073709552e19])
        }
    }
    record.intervalMilliseconds = random.pick([1, 1000, 3_600_000])
    record.bootID = leavesOut ? nil : "6c0ef2f0-5a5b-4b1f-8e36-1c9f2b7f3f11"
    record.sequence = random.pick([0, 1042, .max])
    if leavesOut {
      record.tags = [
        .init(name: "role", value: "web"),
        .init(name: "a \"b\" \u{e9}", value: String(repeating: "\u{fc}", count: 127)),
      ]
    }
    return record
  }

  @Test(
    "records with all metrics, few of them, tags and other numbers meet it; it describes each metric with its type")
  func produced() throws {
    let schema = try JSONSchema.file("status-record")
    var random = SeededRandom(seed: 8)
    for _ in 0..<1000 {
      let others = [("own_metric", -1.5), ("x", 1e20)].filter { _ in random.once(in: 2) }
      let record = text(
        record(&random, leavesOut: random.once(in: 2)), others: others.map { (name: $0.0, value: $0.1) })
      let problems = schema.problems(of: record)
      guard problems.isEmpty else {
        Issue.record("\(problems): \(record)")
        return
      }
    }
    let whole = try JSONValue(parsing: text(record(&random, leavesOut: false)))
    #expect(Set(try #require(whole.members).keys) == schema.fields)
    for metric in Sampler.metrics.metrics {
      let field = try #require(schema["\(metric.name)"])
      let isWhole = metric.unit == .bytes || metric.unit == .count
      #expect(field.keyword("type")?.text == (isWhole ? "integer" : "number"), "\(metric.name)")
      #expect(field.keyword("maximum")?.double == (metric.unit == .percent ? 100 : nil), "\(metric.name)")
      let description = try #require(field.keyword("description")?.text)
      switch metric.unit {
      case .percent: #expect(description.hasSuffix(", percent."), "\(metric.name)")
      case .bytes: #expect(description.hasSuffix(", bytes."), "\(metric.name)")
      case .seconds: #expect(description.hasSuffix(", seconds."), "\(metric.name)")
      case .count, .tasks: break
      }
    }
  }

  @Test("a wrong value of any field is refused")
  func refused() throws {
    let schema = try JSONSchema.file("status-record")
    var random = SeededRandom(seed: 9)
    let members = try #require(try JSONValue(parsing: text(record(&random, leavesOut: false))).members)
    #expect(schema.problems(of: .object(members)) == [])
    for field in members.keys {
      for wrong in [JSONValue.null, .bool(true), .array([]), .object([:]), .number(-1), .string("")] {
        #expect(schema.problems(of: .object(members.merging([field: wrong]) { $1 })) != [], "\(field) \(wrong)")
      }
    }
    let wrong: [(field: String, value: JSONValue)] = [
      ("cpu_usage", .number(100.01)), ("memory_total_bytes", .number(0.5)), ("sequence", .number(1.5)),
      ("interval_ms", .number(0)), ("boot_id", .string("6c0ef2f0")), ("own", .string("")), ("host", .string("a\u{0}")),
      ("role", .string("a\u{7f}")),
      ("role", .bool(true)), ("role", .string(String(repeating: "x", count: 256))),
      ("timestamp", .string("2022-01-01 00:00:00")),
    ]
    for (field, value) in wrong {
      #expect(schema.problems(of: .object(members.merging([field: value]) { $1 })) != [], "\(field) \(value)")
    }
    for field in ["timestamp", "host", "interval_ms", "sequence"] {
      var other = members
      other[field] = nil
      #expect(schema.problems(of: .object(other)) == ["/\(field): missing"])
    }
  }

  @Test("samples of this machine meet it, and so does a simulated fleet")
  func real() throws {
    let schema = try JSONSchema.file("status-record")
    var sampler = try Sampler()
    var record = StatusRecord(timestamp: SystemTime().wall, host: "here", metrics: Sampler.metrics)
    record.metrics = sampler.sample().values
    record.intervalMilliseconds = 1000
    record.bootID = sampler.bootID
    record.sequence = 1
    #expect(schema.problems(of: text(record)) == [])
    for hasTags in [false, true] {
      var fleet = Fleet(hosts: 5, seed: 1, start: SystemTime().wall, interval: .seconds(1), hasTags: hasTags)
      for _ in 0..<50 {
        fleet.advance()
        #expect(schema.problems(of: text(fleet.record)) == [])
      }
    }
  }
}
