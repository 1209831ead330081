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

  private var full: StatusRecord {
    var record = StatusRecord(timestamp: WallTime(milliseconds: ReadRecord.noon), host: "web-1")
    record.cpuUsage = 37.254
    record.memoryUsage = 61.8
    record.cpuUser = 30.14
    record.cpuSystem = 5.25
    record.cpuIowait = 0.35
    record.cpuSteal = 0
    record.cpuCount = 8
    record.load1 = 0.52
    record.load5 = 0.61
    record.load15 = 0.58
    record.memoryTotalBytes = 16_777_216_000
    record.memoryAvailableBytes = 6_408_896_512
    record.swapUsage = 0
    record.pressureCPUSome10 = 1.234
    record.pressureMemorySome10 = 0
    record.pressureIOSome10 = 12.5
    record.uptimeSeconds = 86_400.75
    record.intervalMilliseconds = 1000
    record.bootID = "6c0ef2f0-5a5b-4b1f-8e36-1c9f2b7f3f11"
    record.sequence = 1042
    return record
  }

  @Test("stands in its topic as version 1 has it")
  func encoded() {
    #expect(
      text(full)
        == #"{"timestamp":"2026-11-20T12:00:00.000Z","host":"web-1","cpu_usage":37.25,"memory_usage":61.80,"#
        + #""cpu_user":30.14,"cpu_system":5.25,"cpu_iowait":0.35,"cpu_steal":0.00,"cpu_count":8,"#
        + #""load_1":0.52,"load_5":0.61,"load_15":0.58,"#
        + #""memory_total_bytes":16777216000,"memory_available_bytes":6408896512,"swap_usage":0.00,"#
        + #""pressure_cpu_some_10":1.23,"pressure_memory_some_10":0.00,"pressure_io_some_10":12.50,"#
        + #""uptime_seconds":86400.75,"interval_ms":1000,"boot_id":"6c0ef2f0-5a5b-4b1f-8e36-1c9f2b7f3f11","sequence":1042}"#
    )
  }

  @Test("what is absent stays absent, and so does what is no finite number")
  func absent() {
    var record = StatusRecord(timestamp: WallTime(milliseconds: 0), host: "a\"b")
    record.cpuUsage = .nan
    record.load1 = .infinity
    let others: [(name: String, value: Double)] = [
      ("x", -Double.infinity), ("lag", 12), ("y", 0.125), ("huge", 1e20), ("below", -3),
    ]
    #expect(
      text(record, others: others)
        == #"{"timestamp":"1970-01-01T00:00:00.000Z","host":"a\"b","lag":12,"y":0.125,"huge":1e+20,"below":-3}"#)
  }

  @Test("a reader finds in it what was written")
  func roundTrip() {
    let names = ["cpu_usage", "memory_usage", "memory_total_bytes", "pressure_io_some_10", "interval_ms"]
    let read = ReadRecord.read(text(full), key: nil, fields: names)
    #expect(read.outcome == .record)
    #expect(read.subject == "web-1")
    #expect(read.time == ReadRecord.noon)
    #expect(read.hasBoot)
    #expect(read.sequence == 1042)
    #expect(read.fields == [.number(37.25), .number(61.8), .number(16_777_216_000), .number(12.5), .number(1000)])
  }
}
