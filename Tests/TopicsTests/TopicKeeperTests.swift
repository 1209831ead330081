import Platform
import TestSupport
import Testing

@testable import Kafka
@testable import Topics

@Suite(.waits) struct TopicKeeperTests {
  /// Waits for a line with `text`; nil if none came.
  private func line(with text: String, in log: CapturedLog, _ arrived: Wakeup) -> CapturedLog.Line? {
    let deadline = soon()
    while true {
      if let line = log.lines.first(where: { $0.message.contains(text) }) { return line }
      if !arrived.wait(until: deadline), SystemTime().monotonic >= deadline { return nil }
    }
  }

  /// All messages, except that brokers can't be asked yet, which occurs on a slow machine.
  private func said(in log: CapturedLog) -> [String] {
    log.messages.filter { $0 != "can't ask brokers for topics yet; trying again" }
  }

  @Test("missing topics are created, with as many copies as there are brokers", .needsKafka)
  func creates() throws {
    let cluster = try TestCluster.open(.kafka43)
    let (old, new) = (try cluster.createTopic(), uniqueName("topic"))
    let arrived = try Wakeup()
    let log = CapturedLog(arrived: arrived)
    var plan = TopicKeeper.Plan(
      topics: [.init(old), .init(new, partitions: 2, configuration: [("retention.ms", "1000000")])], creates: true)
    plan.head = .seconds(20)
    let keeper = TopicKeeper(Configuration(brokers: cluster.brokers), plan: plan, log: Logger(output: log))
    #expect(!keeper.isPresent(old))
    try keeper.start()
    #expect(line(with: "topic created", in: log, arrived)?.metadata["topic"] == .string(new))
    #expect(keeper.stop(by: soon()) == 0)
    #expect(said(in: log) == ["topic created"])
    #expect(keeper.isPresent(old))
    #expect(keeper.isPresent(new))
    #expect(keeper.brokerCount == 1)
    #expect(keeper.heartbeats.isEmpty)
    let admin = try Admin(Configuration(brokers: cluster.brokers), log: silent)
    let made = try describeMade(admin, new)
    #expect(made.topics[0].partitions.map(\.replicas.count) == [1, 1])
    let configuration = try admin.configuration(of: new, within: .seconds(10))
    #expect(configuration["retention.ms"] == "1000000")
  }

  @Test(
    "if topics may not be created, the log has the command, and a topic that somebody creates is noticed", .needsKafka)
  func says() throws {
    let cluster = try TestCluster.open(.kafka43)
    let name = uniqueName("topic")
    let arrived = try Wakeup()
    let log = CapturedLog(arrived: arrived)
    var plan = TopicKeeper.Plan(topics: [.init(name, configuration: [("cleanup.policy", "compact")])], creates: false)
    plan.interval = .milliseconds(50)
    let keeper = TopicKeeper(Configuration(brokers: cluster.brokers), plan: plan, log: Logger(output: log))
    try keeper.start()
    #expect(
      line(with: "topic is missing", in: log, arrived)?.metadata["command"]
        == .string(
          "kafka-topics.sh --bootstrap-server \(cluster.brokers) --create --topic \(name) --partitions 1"
            + " --replication-factor 1 --config cleanup.policy=compact"))
    try cluster.createTopic(name, configuration: [("cleanup.policy", "compact")])
    #expect(keeper.stop(by: soon()) == 0)
    #expect(said(in: log) == ["topic is missing; an administrator can create it with this command"])
  }

  @Test("more copies than brokers: both numbers are logged, and a command that works", .needsKafka)
  func refused() throws {
    let cluster = try TestCluster.open(.kafka43)
    let arrived = try Wakeup()
    let log = CapturedLog(arrived: arrived)
    let name = uniqueName("topic")
    let plan = TopicKeeper.Plan(topics: [.init(name, replication: 7)], creates: true)
    let keeper = TopicKeeper(Configuration(brokers: cluster.brokers), plan: plan, log: Logger(output: log))
    try keeper.start()
    let said = try #require(line(with: "topic is missing", in: log, arrived))
    #expect(said.message.contains("[topics] replication"))
    #expect(said.metadata["copies"] == 7)
    #expect(said.metadata["brokers"] == 1)
    #expect(
      said.metadata["command"]
        == .string(
          "kafka-topics.sh --bootstrap-server \(cluster.brokers) --create --topic \(name) --partitions 1"
            + " --replication-factor 1"))
    #expect(keeper.stop(by: soon()) == 0)
  }

  @Test("a state topic that somebody created with deletion is logged with the command that corrects it", .needsKafka)
  func keptOtherwise() throws {
    let cluster = try TestCluster.open(.kafka43)
    let wanted = [("cleanup.policy", "compact")]
    let deletes = try cluster.createTopic(configuration: [("cleanup.policy", "delete")])
    let both = try cluster.createTopic(configuration: [("cleanup.policy", "compact,delete")])
    let right = try cluster.createTopic(configuration: wanted)
    let arrived = try Wakeup()
    let log = CapturedLog(arrived: arrived)
    let topics = [deletes, right, both].map { Admin.NewTopic($0, configuration: wanted) }
    let keeper = TopicKeeper(
      Configuration(brokers: cluster.brokers), plan: .init(topics: topics, creates: true), log: Logger(output: log))
    try keeper.start()
    let deadline = soon()
    while said(in: log).count < 2, SystemTime().monotonic < deadline { arrived.wait(until: deadline) }
    #expect(keeper.stop(by: soon()) == 0)
    let lines = log.lines.filter { $0.message.contains("deletes old records") }
    #expect(lines.map { $0.metadata["topic"] } == [.string(deletes), .string(both)])
    #expect(lines.map { $0.metadata["cleanup.policy"] } == ["delete", "compact,delete"])
    #expect(
      lines.first?.metadata["command"]
        == .string(
          "kafka-configs.sh --bootstrap-server \(cluster.brokers) --alter --entity-type topics --entity-name \(deletes)"
            + " --add-config cleanup.policy=compact"))
    #expect(said(in: log).count == 2)
  }

  @Test("brokers that can't describe a topic's configuration cause no warning")
  func cannotSay() throws {
    let cluster = try cluster()
    let arrived = try Wakeup()
    let log = CapturedLog(arrived: arrived)
    let plan = TopicKeeper.Plan(
      topics: [.init("t", configuration: [("cleanup.policy", "compact")])], creates: true)
    let keeper = TopicKeeper(
      Configuration(brokers: cluster.brokers), plan: plan, log: Logger(level: .debug, output: log))
    try keeper.start()
    #expect(line(with: "the configuration of topics can't be read", in: log, arrived)?.level == .debug)
    #expect(keeper.stop(by: soon()) == 0)
    #expect(keeper.isPresent("t"))
  }

  @Test("unreachable brokers are no failure: they are logged once, and tries go on")
  func away() throws {
    let arrived = try Wakeup()
    let log = CapturedLog(arrived: arrived)
    var plan = TopicKeeper.Plan(topics: [.init("t")], creates: true)
    plan.interval = .milliseconds(10)
    plan.head = .milliseconds(10)
    let keeper = TopicKeeper(Configuration(brokers: "127.0.0.1:1"), plan: plan, log: Logger(output: log))
    try keeper.start()
    #expect(line(with: "can't ask brokers for topics yet", in: log, arrived) != nil)
    #expect(keeper.stop(by: soon()) == 0)
    #expect(!keeper.isPresent("t"))
    #expect(keeper.brokerCount == nil)
  }

  @Test("a consumer can query the current number of partitions")
  func partitionCount() throws {
    let cluster = try cluster(partitions: 3)
    let consumer = try Consumer(configuration(cluster), log: silent, wakeup: Wakeup())
    let count = try consumer.partitionCount(of: "t", within: .seconds(10))
    #expect(count == 3)
    cluster.setError(.topicAuthorizationFailed, of: "t")
    let error = #expect(throws: KafkaError.self) { try consumer.partitionCount(of: "t", within: .seconds(10)) }
    #expect(error?.code == .topicAuthorizationFailed)
  }
}
