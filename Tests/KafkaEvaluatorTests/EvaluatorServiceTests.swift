import Kafka
import Platform
import Rules
import Settings
import TestSupport
import Testing

@testable import Evaluator
@testable import KafkaEvaluator

@Suite("The evaluator on Kafka", .serialized, .waits)
struct EvaluatorServiceTests {
  @Test("a sample above the limit raises an alert, the next one below it resolves it", arguments: TestCluster.Kind.main)
  func raisesAndResolves(on kind: TestCluster.Kind) throws {
    let bench = try EvaluatorBench(TestCluster.open(kind))
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    let service = try bench.start()
    try bench.write(95, with: writer)
    let firing = try alerts.next()
    #expect(firing.key == "cpu-high/web-1")
    #expect(try firing.object["status"] as? String == "firing")
    try bench.write(20, with: writer)
    #expect(try alerts.next().object["status"] as? String == "resolved")
    // The end of a topic without records is known only after the first query.
    let deadline = SystemTime().monotonic + .seconds(60)
    while service.numbers.lag == nil, SystemTime().monotonic < deadline { _ = try bench.committed() }
    #expect(service.stop() == 0)
    #expect(try bench.committed() == [2])
    #expect(service.numbers.records == 2)
    #expect(service.numbers.transitions == 2)
    #expect(service.numbers.lag == 0)
  }

  @Test(
    "rules apply to statusd's own metrics, in their own topic, as they do to hosts", arguments: TestCluster.Kind.main)
  func readings(kind: TestCluster.Kind) throws {
    let bench = try EvaluatorBench(TestCluster.open(kind), [.cpuHigh])
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    let service = try bench.start()
    let value = #"{"timestamp":"\#(SystemTime().wall.rfc3339)","host":"statusd@web-1","kind":"self","cpu_usage":95}"#
    try writer.write(value, key: "statusd@web-1", to: bench.settings.topics.readings)
    try bench.write(95, with: writer)
    let keys = try [alerts.next().key, alerts.next().key].map { $0 ?? "" }
    #expect(keys.sorted() == ["cpu-high/statusd@web-1", "cpu-high/web-1"])
    #expect(service.stop() == 0)
  }

  @Test("a missing topic of statusd's own metrics delays no host", .needsKafka)
  func noReadings() throws {
    var bench = try EvaluatorBench(TestCluster.open(.newest))
    bench.settings.topics.readings = uniqueName("nowhere")
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    let service = try bench.start()
    try bench.write(95, with: writer)
    #expect(try alerts.next().key == "cpu-high/web-1")
    #expect(service.stop() == 0)
  }

  @Test(
    "two workers of one evaluator share the partitions; each alert is raised once, and the metrics add up", .needsKafka)
  func workers() throws {
    var bench = try EvaluatorBench(TestCluster.open(.newest), partitions: 4)
    bench.settings.evaluator.workers = 2
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    let service = try bench.start()
    // Each worker logs this once it holds a partition.
    try bench.wait { bench.log.messages.filter { $0.contains("evaluated here from now on") }.count >= 2 }
    #expect(service.heartbeats.map(\.name) == ["evaluator-0", "evaluator-1"])
    for partition: Int32 in 0..<4 {
      try bench.write(95, host: "web-\(partition)", partition: partition, with: writer)
    }
    let keys = try (0..<4).map { _ in try alerts.next().key ?? "" }
    #expect(keys.sorted() == (0..<4).map { "cpu-high/web-\($0)" })
    #expect(service.stop() == 0)
    #expect(try bench.committed(partitions: 4) == [1, 1, 1, 1])
    #expect(service.numbers.records == 4)
    #expect(service.numbers.transitions == 4)
    #expect(alerts.poll() == nil)
  }

  @Test("a first start skips history, and misses no record that arrives while it joins", .needsKafka)
  func firstStart() throws {
    var bench = try EvaluatorBench(TestCluster.open(.newest))
    bench.settings.evaluator.start = .end
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    for host in ["a", "b", "c"] { try bench.write(95, host: host, with: writer) }
    let written = SystemTime().wall
    while SystemTime().wall <= written {}
    let service = try bench.start()
    try bench.write(95, host: "d", with: writer)
    #expect(try alerts.next().key == "cpu-high/d")
    let said = try #require(bench.log.lines.first { $0.message.hasPrefix("the group begins with this partition") })
    #expect(said.metadata["from"] == .int(3))
    #expect(said.metadata["records_passed_by"] == .int(3))
    #expect(service.stop() == 0)
    #expect(try bench.committed() == [4])
    bench.settings.evaluator.start = .beginning
    let second = try bench.start()
    try bench.write(20, host: "d", with: writer)
    #expect(try alerts.next().object["status"] as? String == "resolved")
    #expect(second.stop() == 0)
    #expect(alerts.poll() == nil)
  }

  @Test("after a restart it continues at its position", .needsKafka)
  func restart() throws {
    let bench = try EvaluatorBench(TestCluster.open(.kafka43))
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    try bench.write(95, host: "web-1", with: writer)
    let first = try bench.start()
    #expect(try alerts.next().key == "cpu-high/web-1")
    #expect(first.stop() == 0)
    try bench.write(95, host: "web-2", with: writer)
    let second = try bench.start()
    #expect(try alerts.next().key == "cpu-high/web-2")
    #expect(second.stop() == 0)
    #expect(second.numbers.records == 1)
  }

  @Test(
    "sixteen empty partitions are evaluated within seconds: no query waits behind a fetch", .needsKafka)
  func manyIdlePartitions() throws {
    let bench = try EvaluatorBench(TestCluster.open(.newest), partitions: 16)
    let began = SystemTime().monotonic
    let service = try bench.start()
    try bench.wait { held(bench.log) == 16 }
    // Behind a fetch each answer would take half a second, and each partition needs several.
    #expect(SystemTime().monotonic - began < .seconds(12))
    #expect(service.stop() == 0)
  }

  @Test("a position beyond the log's end makes it read from the log's beginning", arguments: TestCluster.Kind.main)
  func positionBeyondTheEnd(on kind: TestCluster.Kind) throws {
    let bench = try EvaluatorBench(TestCluster.open(kind))
    let writer = try bench.writer()
    try bench.write(95, with: writer)
    var options = Consumer.Options()
    options.group = bench.settings.evaluator.group
    var consumer = try Consumer(
      Configuration(brokers: bench.cluster.brokers), options: options, log: Logger(output: CapturedLog()),
      wakeup: Wakeup())
    try consumer.commit(
      [
        PartitionOffset(
          TopicPartition(bench.settings.topics.status, 0), Offset(1000),
          note: CommitNote.text(since: WallTime(milliseconds: 0)))
      ], within: .seconds(30))
    consumer.close(by: SystemTime().monotonic + .seconds(5))
    let service = try bench.start()
    #expect(try bench.alerts().next().key == "cpu-high/web-1")
    #expect(service.stop() == 0)
    #expect(try bench.committed() == [1])
    #expect(bench.log.messages.contains { $0.contains("deleted and created again") })
  }

  @Test("new rules take effect while it runs", arguments: TestCluster.Kind.main)
  func reload(on kind: TestCluster.Kind) throws {
    let bench = try EvaluatorBench(TestCluster.open(kind))
    let alerts = try bench.alerts()
    let service = try bench.start()
    try bench.write(95, with: bench.writer())
    #expect(try alerts.next().object["status"] as? String == "firing")
    var settings = bench.settings
    settings.rules = []
    service.reload(settings)
    let resolved = try alerts.next().object
    #expect(resolved["status"] as? String == "resolved")
    #expect(resolved["reason"] as? String == "rule removed")
    #expect(service.stop() == 0)
  }

  @Test("two evaluators share the partitions, and one that leaves for good hands its share over at once", .needsKafka)
  func group() throws {
    let bench = try EvaluatorBench(TestCluster.open(.kafka43), partitions: 4)
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    let logs = [CapturedLog(arrived: bench.arrived), CapturedLog(arrived: bench.arrived)]
    let first = try bench.start(log: logs[0])
    let second = try bench.start(log: logs[1], instance: "two")
    // Four partitions of hosts, and one of statusd's own metrics.
    try bench.wait(logs: logs) { logs.map(held).sorted() == [2, 3] }
    for partition: Int32 in 0..<4 { try bench.write(95, host: "web-\(partition)", partition: partition, with: writer) }
    var keys: Set<String?> = []
    for _ in 0..<4 { keys.insert(try alerts.next().key) }
    #expect(keys == Set((0..<4).map { "cpu-high/web-\($0)" }))
    #expect(logs.map(held).sorted() == [2, 3])
    first.leaveForGood()
    #expect(first.stop() == 0)
    #expect(try bench.committed(partitions: 4).reduce(0, +) >= 1)
    for partition: Int32 in 0..<4 { try bench.write(96, host: "db-\(partition)", partition: partition, with: writer) }
    keys = []
    for _ in 0..<4 { keys.insert(try alerts.next().key) }
    #expect(keys == Set((0..<4).map { "cpu-high/db-\($0)" }))
    #expect(second.stop() == 0)
    #expect(try bench.committed(partitions: 4) == [2, 2, 2, 2])
  }

  /// The number of partitions that a service evaluates, according to its log.
  private func held(_ log: CapturedLog) -> Int {
    log.lines.reduce(into: Set<String>()) { held, line in
      let partition = "\(line.metadata["topic"], default: "") \(line.metadata["partition"], default: "")"
      if line.message.hasPrefix("nobody knows what became of a delivery") {
        // As on a slow machine: it restores all partitions again.
        held = []
      } else if line.message == "partition is evaluated here from now on" {
        held.insert(partition)
      } else if line.message.hasPrefix("partition is handed over") || line.message.hasPrefix("partition is lost") {
        // Also one whose restoration hadn't ended.
        held.remove(partition)
      }
    }.count
  }
}
