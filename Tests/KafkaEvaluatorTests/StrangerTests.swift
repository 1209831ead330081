import Kafka
import Platform
import TestSupport
import Testing

@testable import Evaluator
@testable import KafkaEvaluator

/// Another program that uses the evaluators' group.
@Suite("A stranger in the group", .serialized, .waits)
struct StrangerTests {
  /// A member of the bench's group, as in tutorials.
  private func stranger(
    _ bench: EvaluatorBench, _ strategy: Consumer.Strategy, _ wakeup: Wakeup
  ) throws -> Consumer {
    var options = Consumer.Options(group: bench.settings.evaluator.group)
    options.strategy = strategy
    let configuration = Configuration(brokers: bench.cluster.brokers, clientID: "tutorial")
    var consumer = try Consumer(configuration, options: options, log: Logger(output: CapturedLog()), wakeup: wakeup)
    try consumer.subscribe(to: [bench.settings.topics.status])
    return consumer
  }

  /// Answers rebalances until the stranger holds a partition.
  private func join(_ stranger: inout Consumer, _ wakeup: Wakeup) throws {
    let deadline = SystemTime().monotonic + .seconds(60)
    while stranger.held.isEmpty, SystemTime().monotonic < deadline {
      while let event = stranger.nextEvent() {
        switch event {
        case .assigned(let given): try stranger.take(given.map { PartitionOffset($0, .beginning) })
        case .revoked: try stranger.giveBack()
        default: break
        }
      }
      _ = stranger.fetch()
      if stranger.held.isEmpty { wakeup.wait(until: min(deadline, SystemTime().monotonic + .milliseconds(100))) }
    }
    try #require(!stranger.held.isEmpty)
  }

  private func line(_ bench: EvaluatorBench, _ start: String) throws -> CapturedLog.Line {
    try bench.wait { bench.log.messages.contains { $0.hasPrefix(start) } }
    return try #require(bench.log.lines.first { $0.message.hasPrefix(start) })
  }

  @Test("a stranger that keeps evaluators out is named with its host, and they join as soon as it is gone", .needsKafka)
  func refuses() throws {
    let bench = try EvaluatorBench(TestCluster.open(.newest))
    let writer = try bench.writer()
    let alerts = try bench.alerts()
    try bench.write(95, with: writer)
    let wakeup = try Wakeup()
    var stranger = try stranger(bench, .range, wakeup)
    try join(&stranger, wakeup)
    let service = try bench.start()
    let said = try line(bench, "the group refuses evaluators")
    #expect(said.level == .error)
    #expect(said.metadata["group"] == .string(bench.settings.evaluator.group))
    #expect(said.metadata["client_id"] == "tutorial")
    #expect(said.metadata["host"] == "127.0.0.1")
    #expect(!bench.log.lines.contains { "\($0.metadata.facts)".contains("INCONSISTENT") })
    stranger.close(by: SystemTime().monotonic + .seconds(10))
    #expect(try alerts.next().key == "cpu-high/web-1")
    #expect(bench.log.messages.contains("the group takes evaluators again"))
    #expect(service.stop() == 0)
  }

  @Test("a stranger that gets partitions like an evaluator is named with its host", .needsKafka)
  func takesPartitions() throws {
    let bench = try EvaluatorBench(TestCluster.open(.newest), partitions: 2)
    let service = try bench.start()
    try bench.wait { bench.log.messages.filter { $0.hasPrefix("partition is evaluated here") }.count == 2 }
    let wakeup = try Wakeup()
    var stranger = try stranger(bench, .cooperativeSticky, wakeup)
    try join(&stranger, wakeup)
    let said = try line(bench, "another program is a member of the evaluators' group")
    #expect(said.level == .error)
    #expect(said.metadata["client_id"] == "tutorial")
    #expect(said.metadata["host"] == "127.0.0.1")
    stranger.close(by: SystemTime().monotonic + .seconds(10))
    #expect(service.stop() == 0)
  }
}
