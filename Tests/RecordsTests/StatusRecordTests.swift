import JSON
import Platform
import Records
import Testing

@Suite("StatusRecord")
struct StatusRecordTests {
  private func text(_ record: StatusRecord, others: [(name: String, value: Double)] = []) -> String {
    var writer = Writer()
    record.encode(into: &writer, others: others)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// Metrics of each unit. Their slots have another order than their fields.
  private static let table = MetricTable([
    Metric("memory_total_bytes", .bytes, at: 50), Metric("cpu_usage", .percent, at: 10),
    Metric("cpu_steal", .percent, at: 33), Metric("memory_usage", .percent, at: 20),
    Metric("cpu_count", .count, at: 34),
    Metric("uptime_seconds", .seconds, at: 70), Metric("load_1", .tasks, at: 40), Metric("load_5", .tasks, at: 41),
  ])

  private var full: StatusRecord {
    var record = StatusRecord(
      timestamp: WallTime(milliseconds: ReadRecord.noon), host: "web-1", metrics: StatusRecordTests.table)
    for (slot, value) in [16_777_216_000, 37.254, 0, 61.8, 8, 86_400.75, 0.52].enumerated() {
      record.metrics[slot] = value
    }
    record.intervalMilliseconds = 1000
    record.bootID = "6c0ef2f0-5a5b-4b1f-8e36-1c9f2b7f3f11"
    record.sequence = 1042
    return record
  }

  @Test("metrics are written in the order of their places, each in the format of its unit")
  func encoded() {
    #expect(
      text(full)
        == #"{"timestamp":"2026-11-20T12:00:00.000Z","host":"web-1","cpu_usage":37.25,"memory_usage":61.80,"#
        + #""cpu_steal":0.00,"cpu_count":8,"load_1":0.52,"memory_total_bytes":16777216000,"uptime_seconds":86400.75,"#
        + #""interval_ms":1000,"boot_id":"6c0ef2f0-5a5b-4b1f-8e36-1c9f2b7f3f11","sequence":1042}"#)
  }

  @Test("absent values and values that aren't finite are left out")
  func absent() {
    var record = StatusRecord(
      timestamp: WallTime(milliseconds: 0), host: "a\"b", metrics: StatusRecordTests.table)
    record.metrics[1] = .nan
    record.metrics[6] = .infinity
    let others: [(name: String, value: Double)] = [
      ("x", -Double.infinity), ("lag", 12), ("y", 0.125), ("huge", 1e20), ("below", -3),
    ]
    #expect(
      text(record, others: others)
        == #"{"timestamp":"1970-01-01T00:00:00.000Z","host":"a\"b","lag":12,"y":0.125,"huge":1e+20,"below":-3}"#)
  }

  @Test("tags are texts at the record's end")
  func tags() {
    var record = StatusRecord(timestamp: WallTime(milliseconds: 0), host: "h", metrics: StatusRecordTests.table)
    record.sequence = 7
    record.tags = [.init(name: "role", value: "web"), .init(name: "a \"b\"", value: "\\ ü")]
    #expect(
      text(record)
        == #"{"timestamp":"1970-01-01T00:00:00.000Z","host":"h","sequence":7,"role":"web","a \"b\"":"\\ ü"}"#)
  }

  @Test("no tag can have the name of a field that a record has or can have")
  func tagNames() throws {
    var record = full
    record.kind = "self"
    record.metrics[7] = 1
    // Each name is written before a colon, and no value is a name.
    let written = text(record).split(separator: "\"").filter { text(record).contains("\"\($0)\":") }.map(String.init)
    #expect(written.count == 6 + 8)
    #expect(StatusRecord.fields(with: StatusRecordTests.table) == Set(written + ["gap"]))
    for name in written + ["gap"] {
      let problem = try #require(StatusRecord.problem(ofTag: name, metrics: StatusRecordTests.table))
      #expect(problem.contains("status records have a field \(name) of their own; give the tag another name"))
    }
    #expect(StatusRecord.problem(ofTag: "role", metrics: StatusRecordTests.table) == nil)
  }

  @Test("no record is longer than the greatest size")
  func greatestSize() {
    let tags = [StatusRecord.Tag(name: "role", value: "\"web\"")]
    var record = full
    record.tags = tags
    record.timestamp = .latest
    let greatest = StatusRecord.greatestSize(host: "web-1", metrics: StatusRecordTests.table, tags: tags)
    for value in [0, 100, 1e15, 1.8446744073709552e19] {
      for slot in StatusRecordTests.table.metrics.indices {
        record.metrics[slot] = StatusRecordTests.table.metrics[slot].unit == .percent ? min(100, value) : value
      }
      (record.sequence, record.intervalMilliseconds) = (.max, .max)
      #expect(text(record).utf8.count <= greatest)
    }
    #expect(greatest < text(record).utf8.count + 200)
  }

  @Test("a reader gets the written values")
  func roundTrip() {
    let names = ["cpu_usage", "memory_usage", "memory_total_bytes", "load_1", "interval_ms"]
    let read = ReadRecord.read(text(full), key: nil, fields: names)
    #expect(read.outcome == .record)
    #expect(read.subject == "web-1")
    #expect(read.time == ReadRecord.noon)
    #expect(read.hasBoot)
    #expect(read.sequence == 1042)
    #expect(read.fields == [.number(37.25), .number(61.8), .number(16_777_216_000), .number(0.52), .number(1000)])
  }

  @Test("values are equal if they have one table and each value is equal")
  func equality() {
    var (a, b) = (MetricValues(StatusRecordTests.table), MetricValues(StatusRecordTests.table))
    #expect(a == b)
    a[3] = 1
    #expect(a != b)
    b[3] = 1
    #expect(a == b)
    #expect(MetricValues(MetricTable([])) != a)
  }
}
