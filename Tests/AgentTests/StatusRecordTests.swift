import JSON
import Platform
import ProcFS
import Records
import Testing

@Suite("The status record of a host")
struct StatusRecordTests {
  private let values: [String: Double] = [
    "cpu_usage": 37.254, "memory_usage": 61.8, "cpu_user": 30.14, "cpu_system": 5.25, "cpu_iowait": 0.35,
    "cpu_steal": 0, "cpu_count": 8, "load_1": 0.52, "load_5": 0.61, "load_15": 0.58,
    "memory_total_bytes": 16_777_216_000, "memory_available_bytes": 6_408_896_512, "swap_usage": 0,
    "pressure_cpu_some_10": 1.234, "pressure_memory_some_10": 0, "pressure_io_some_10": 12.5,
    "uptime_seconds": 86_400.75,
  ]

  @Test("has the bytes of version 1; later metrics follow at the end")
  func encoded() {
    var record = StatusRecord(
      timestamp: WallTime(milliseconds: 1_795_176_000_000), host: "web-1", metrics: Sampler.metrics)
    for (slot, metric) in Sampler.metrics.metrics.enumerated() { record.metrics[slot] = values["\(metric.name)"] }
    record.intervalMilliseconds = 1000
    record.bootID = "6c0ef2f0-5a5b-4b1f-8e36-1c9f2b7f3f11"
    record.sequence = 1042
    var writer = Writer()
    record.encode(into: &writer)
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == #"{"timestamp":"2026-11-20T12:00:00.000Z","host":"web-1","cpu_usage":37.25,"memory_usage":61.80,"#
        + #""cpu_user":30.14,"cpu_system":5.25,"cpu_iowait":0.35,"cpu_steal":0.00,"cpu_count":8,"#
        + #""load_1":0.52,"load_5":0.61,"load_15":0.58,"#
        + #""memory_total_bytes":16777216000,"memory_available_bytes":6408896512,"swap_usage":0.00,"#
        + #""pressure_cpu_some_10":1.23,"pressure_memory_some_10":0.00,"pressure_io_some_10":12.50,"#
        + #""uptime_seconds":86400.75,"interval_ms":1000,"boot_id":"6c0ef2f0-5a5b-4b1f-8e36-1c9f2b7f3f11","sequence":1042}"#
    )
  }

  @Test("each metric has a unique name and place, and a slot in the table")
  func places() {
    let metrics = Sampler.metrics.metrics
    #expect(Set(metrics.map { "\($0.name)" }).count == metrics.count)
    #expect(Set(metrics.map(\.place)).count == metrics.count)
    #expect(metrics.count < MetricTable.limit)
    #expect(values.keys.allSatisfy { name in metrics.contains { "\($0.name)" == name } })
  }
}
