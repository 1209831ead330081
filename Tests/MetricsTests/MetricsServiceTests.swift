import JSON
import Kafka
import Platform
import Records
import Synchronization
import TestSupport
import Testing

@testable import Metrics

@Suite("Metrics over HTTP", .timeLimit(.minutes(2)), .waits)
struct MetricsServiceTests {
  @Test("it shows what the topics say, and how the process is")
  func shows() throws {
    let cluster = try MockCluster()
    try cluster.createTopic("readings", partitions: 2)
    try cluster.createTopic("current")
    let health = Flags(isHealthy: true, isReady: false)
    let service = MetricsService(
      .init(configuration(cluster), host: "127.0.0.1", port: 0, readings: "readings", alerts: "current"), log: silent,
      isHealthy: { health.isHealthy.load(ordering: .relaxed) }, isReady: { health.isReady.load(ordering: .relaxed) })
    try service.start()
    let port = try #require(service.port)
    #expect(try get("/metrics", port: port).status == 200)
    #expect(try get("/healthz", port: port).status == 200)
    #expect(try get("/readyz", port: port).status == 503)
    health.isReady.store(true, ordering: .relaxed)
    health.isHealthy.store(false, ordering: .relaxed)
    #expect(try get("/readyz", port: port).status == 200)
    #expect(try get("/healthz", port: port).status == 503)
    #expect(try get("/", port: port).status == 404)
    let writer = try TopicWriter(on: cluster.brokers)
    let wall = SystemTime().wall
    let transition = Transition(
      timestamp: wall, status: .firing, severity: .critical, rule: "cpu", subject: "a", metric: "cpu_usage", value: 95,
      threshold: 90, since: wall, previous: .inactive,
      source: SourcePosition(topic: "status_topic", partition: 0, offset: 1))
    var json = Writer()
    transition.encode(into: &json)
    try writer.write(json.bytes, key: Array(transition.key.utf8), to: "current")
    try lookUntil {
      // The mock cluster knows no offsets by time, so only numbers that are written after the service began to read
      // are sure to be read. Processes write them again and again.
      for instance in ["web-1", "web-2"] {
        let record = ForwarderRecord(ForwarderNumbers(), instance: instance, at: wall)
        try writer.write(record.value, key: Array(record.subject.utf8), to: "readings")
      }
      try writer.flush()
      let page = try get("/metrics", port: port)
      return ["{instance=\"web-1\"}", "{instance=\"web-2\"}", "statusd_alerts{alertname=\"cpu\",host=\"a\","]
        .allSatisfy { page.body.contains($0) }
    }
    try writer.write(nil, key: Array(transition.key.utf8), to: "current")
    try writer.flush()
    try lookUntil { try !get("/metrics", port: port).body.contains("statusd_alerts") }
    #expect(try get("/metrics", port: port).head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"))
    #expect(service.heartbeats.allSatisfy { $0.isFresh(at: SystemTime().monotonic) })
    #expect(service.stop(by: soon()) == 0)
  }
}

/// What the process says of itself.
private final class Flags: Sendable {
  let isHealthy: Atomic<Bool>
  let isReady: Atomic<Bool>

  init(isHealthy: Bool, isReady: Bool) {
    self.isHealthy = Atomic(isHealthy)
    self.isReady = Atomic(isReady)
  }
}
