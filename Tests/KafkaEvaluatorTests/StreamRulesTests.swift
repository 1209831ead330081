import Kafka
import Platform
import Records
import Rules
import Settings
import Streams
import TestSupport
import Testing

@testable import Evaluator
@testable import KafkaEvaluator

extension EvaluatorBench {
  /// Adds the stream of the orders in a topic, and a rule about large ones.
  fileprivate mutating func watchOrders(_ topic: String) {
    var stream = StreamDefinition(name: "orders", topics: [.name(topic)])
    stream.subject = "customer"
    var rule = Rule(name: "large", metric: "amount", side: .above, limits: Rule.Limits(critical: 100))
    rule.stream = StreamSubject(stream: stream.name, field: stream.subject)
    settings.streams.append(stream)
    settings.rules.append(rule)
  }
}

@Suite("Rules over the records of a stream", .waits, .needsKafka)
struct StreamRulesTests {
  /// Writes one order and waits until it is delivered.
  private static func order(
    _ amount: Int, of customer: String, partition: Int32? = nil, to topic: String, with writer: TopicWriter
  ) throws {
    let value =
      "{\"customer\":\"\(customer)\",\"amount\":\(amount),\"cpu_usage\":99,\"timestamp\":\"2022-01-01T00:00:00Z\"}"
    try writer.write(value, key: customer, to: topic, partition: partition)
    try writer.flush()
  }

  /// Starts an evaluator, and expects that a host's alert comes.
  private func startWithHost(
    _ bench: EvaluatorBench
  ) throws -> (service: EvaluatorService, alerts: TopicReader, writer: TopicWriter) {
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    let service = try bench.start()
    try bench.write(95, with: writer)
    #expect(try alerts.next().key == "cpu-high/web-1")
    return (service, alerts, writer)
  }

  @Test("a rule that comes with a reload watches its stream's topic, and one that goes is resolved")
  func reload() throws {
    var bench = try EvaluatorBench(TestCluster.open(.kafka43))
    let topic = try bench.cluster.createTopic()
    let (service, alerts, writer) = try startWithHost(bench)

    bench.watchOrders(topic)
    try Self.order(500, of: "acme", to: topic, with: writer)
    service.reload(bench.settings)
    let firing = try alerts.next()
    #expect(firing.key == "large/acme")
    #expect(try firing.object["status"] as? String == "firing")

    bench.settings.rules = [.cpuHigh]
    service.reload(bench.settings)
    let resolved = try alerts.next()
    #expect(resolved.key == "large/acme")
    #expect(try resolved.object["reason"] as? String == "rule removed")
    try bench.write(10, with: writer)
    let last = try alerts.next()
    #expect(last.key == "cpu-high/web-1")
    #expect(try last.object["status"] as? String == "resolved")
    #expect(service.stop() == 0)
  }

  /// Reloads, and waits until so many partitions are evaluated anew.
  private func reload(
    _ service: EvaluatorService, _ settings: Settings, _ bench: EvaluatorBench, partitions: Int
  ) throws {
    let before = bench.log.messages.count
    service.reload(settings)
    try bench.wait {
      bench.log.messages.dropFirst(before).filter { $0.contains("evaluated here from now on") }.count == partitions
    }
  }

  @Test("what came while no rule watched a stream isn't evaluated once one does")
  func unwatched() throws {
    var bench = try EvaluatorBench(TestCluster.open(.kafka43))
    bench.settings.evaluator.start = .end
    let topic = try bench.cluster.createTopic(configuration: [("message.timestamp.type", "LogAppendTime")])
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    try Self.order(500, of: "history", to: topic, with: writer)
    let service = try bench.start()
    try bench.wait { bench.log.messages.contains { $0.contains("evaluated here from now on") } }
    bench.settings.rules = []
    bench.watchOrders(topic)
    for round in 0..<2 {
      try reload(service, bench.settings, bench, partitions: 3)
      try Self.order(500, of: "seen-\(round)", to: topic, with: writer)
      #expect(try alerts.next().key == "large/seen-\(round)")
      var without = bench.settings
      without.rules = []
      try reload(service, without, bench, partitions: 2)
      #expect(try alerts.next().key == "large/seen-\(round)")
      try Self.order(500, of: "unseen-\(round)", to: topic, with: writer)
      // What came in the millisecond in which a rule begins counts.
      let written = SystemTime().wall.milliseconds
      try lookUntil { SystemTime().wall.milliseconds > written }
    }
    #expect(service.stop() == 0)
  }

  @Test("a stream with more partitions than the changelog may have keeps no host waiting")
  func smallChangelog() throws {
    var bench = try EvaluatorBench(TestCluster.open(.kafka43))
    bench.settings.topics.create = false
    let topic = try bench.cluster.createTopic(partitions: 3)
    bench.watchOrders(topic)
    let (service, alerts, writer) = try startWithHost(bench)
    try Self.order(500, of: "acme", partition: 0, to: topic, with: writer)
    #expect(try alerts.next().key == "large/acme")
    #expect(bench.log.messages.contains { $0.hasPrefix("the changelog has too few partitions for a stream's topic") })
    #expect(service.stop() == 0)
  }

  @Test("a stream's topic that isn't there is waited for; the others go on")
  func missing() throws {
    var bench = try EvaluatorBench(TestCluster.open(.kafka43))
    let topic = uniqueName("orders")
    bench.watchOrders(topic)
    let (service, alerts, writer) = try startWithHost(bench)
    try bench.cluster.createTopic(topic, partitions: 2)
    try Self.order(500, of: "acme", partition: 1, to: topic, with: writer)
    #expect(try alerts.next().key == "large/acme")
    #expect(service.stop() == 0)
  }

  @Test("a stream's topic that grows ends nothing, even where the changelog must grow with it")
  func growth() throws {
    var bench = try EvaluatorBench(TestCluster.open(.kafka43))
    let topic = try bench.cluster.createTopic()
    bench.watchOrders(topic)
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    let service = try bench.start()
    try Self.order(500, of: "acme", to: topic, with: writer)
    #expect(try alerts.next().key == "large/acme")
    try bench.cluster.growTopic(topic, to: 3)
    // A producer learns of new partitions a little later.
    try Self.order(600, of: "other", partition: 2, to: topic, with: try bench.writer())
    #expect(try alerts.next().key == "large/other")
    try Self.order(5, of: "acme", partition: 0, to: topic, with: writer)
    #expect(try alerts.next().object["status"] as? String == "resolved")
    #expect(bench.log.messages.contains { $0.hasPrefix("a stream's topic has more partitions") })
    #expect(!service.hasFailed)
    #expect(service.stop() == 0)
  }

  @Test("two evaluators share the partitions of a stream, and a restarted one goes on with their state")
  func restart() throws {
    var bench = try EvaluatorBench(TestCluster.open(.kafka43), partitions: 2, [])
    let topic = try bench.cluster.createTopic(partitions: 2)
    bench.watchOrders(topic)
    bench.settings.rules[0].window = .seconds(3600)
    bench.settings.rules[0].aggregate = .sum
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    let first = try bench.start()
    let second = try bench.start(instance: "two")
    for _ in 0..<2 {
      for partition: Int32 in 0..<2 {
        try Self.order(40, of: "acme-\(partition)", partition: partition, to: topic, with: writer)
      }
    }
    #expect(first.stop() == 0)
    #expect(second.stop() == 0)
    let third = try bench.start()
    for partition: Int32 in 0..<2 {
      try Self.order(40, of: "acme-\(partition)", partition: partition, to: topic, with: writer)
    }
    var seen: [String: Double] = [:]
    for _ in 0..<2 {
      let alert = try alerts.next()
      seen[alert.key ?? ""] = try alert.object["value"] as? Double
    }
    #expect(seen == ["large/acme-0": 120, "large/acme-1": 120])
    #expect(third.stop() == 0)
  }
}
