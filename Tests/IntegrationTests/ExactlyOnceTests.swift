import Foundation
import Kafka
import Platform
import TestSupport
import Testing

@Suite("exactly-once evaluation", .waits)
struct ExactlyOnceTests {
  private func site() throws -> Site {
    let site = try Site.withState()
    site.extra["evaluator"] = "checkpoint_interval = \"1s\""
    return site
  }

  private static let rules = """
    [[rule]]
    name = "held"
    metric = "level"
    above = { warning = 80, critical = 90 }
    clear = { warning = 60, critical = 85 }
    for = "20s"
    keep_firing_for = "20s"
    [[rule]]
    name = "busy"
    metric = "level"
    window = "30s"
    aggregate = "avg"
    above = 70
    """

  /// 30 s at 95, 15 s at 70, where only hysteresis holds the level, 40 s at 50.
  private static let levels =
    Array(repeating: 95.0, count: 30) + Array(repeating: 70, count: 15) + Array(repeating: 50, count: 40)

  @Test("killing the process again and again changes no transition", .needsKafka)
  func killed() throws {
    let site = try site()
    try site.configure(rules: Self.rules)
    var evaluator = try site.run("evaluator")
    let alerts = try site.alertsReader()
    let writer = try site.writer()
    let begin = Site.now - 100_000
    for (second, level) in Self.levels.enumerated() {
      try writer.write(
        Site.record("web-1", level: level, at: begin + Int64(second) * 1000), key: "web-1", to: site.status)
      try writer.flush()
      if [12, 25, 38, 47, 55].contains(second) {
        try evaluator.isLive()
        evaluator.signal(SIGKILL)
        _ = try evaluator.waitForExit(within: 10)
        evaluator = try site.run("evaluator")
      }
    }
    let seen = try (0..<5).map { _ in try alerts.next(within: 90).object }
    let said = seen.map { transition in
      "\(transition["status"] ?? "") \(transition["severity"] ?? "") \(transition["rule"] ?? "")"
    }
    #expect(
      said == [
        "firing critical busy", "firing critical held", "firing warning held", "resolved critical busy",
        "resolved warning held",
      ])
    let seconds = try seen.map { transition in
      let source = try #require(transition["source"] as? [String: Any])
      return try #require(source["offset"] as? Int)
    }
    #expect(seconds == [0, 20, 50, 53, 65])
    try evaluator.endWell()
    let now = try Program.run(["alerts", "--config", site.file])
    #expect(now.status == .exited(0))
    #expect(!now.output.contains("web-1"))
  }

  @Test(
    "a second process with the same name replaces the first, which logs the cause once and stands down",
    .needsKafka)
  func sameName() throws {
    let site = try site()
    try site.configure(rules: Site.rule)
    let first = try site.runEvaluator()
    let second = try site.runEvaluator()
    // It notices even without a record to deliver something for.
    try first.waitForLine(containing: "another evaluator goes by this one's name", on: \.errors, within: 60)
    let alerts = try site.alertsReader()
    let writer = try site.writer()
    try writer.write(Site.record("web-1", level: 90, at: Site.now), key: "web-1", to: site.status)
    try writer.flush()
    #expect(try alerts.next().key == "level/web-1")
    #expect(!second.errors.text.contains("another evaluator goes by"))
    // It stands down for a minute unless it is told to end.
    first.signal(SIGTERM)
    _ = try first.waitForExit(within: 10)
    #expect(first.errors.text.split(separator: "another evaluator goes by").count == 2)
    try second.endWell()
  }

  /// A site whose group keeps a missing member's place for a minute.
  private func patientSite() throws -> Site {
    let site = try site()
    site.extra["kafka.properties"] = "\"session.timeout.ms\" = 60000"
    return site
  }

  @Test("an evaluator that is killed and restarted doesn't wait until its former session ends", .needsKafka)
  func comesBack() throws {
    let site = try patientSite()
    try site.configure(rules: Site.rule)
    for _ in 0..<3 {
      let evaluator = try site.runEvaluator(within: 30)
      evaluator.signal(SIGKILL)
      _ = try evaluator.waitForExit(within: 10)
    }
    try site.runEvaluator(within: 30).endWell()
  }

  @Test("an evaluator ended by Ctrl-C hands its partitions over at once, not when its session ends", .needsKafka)
  func leavesForGood() throws {
    let site = try patientSite()
    try site.configure(rules: Site.rule)
    let first = try site.runEvaluator(within: 30)
    site.extra["run"] = "instance = \"second\""
    try site.configure(rules: Site.rule)
    let second = try site.run("evaluator")
    first.signal(SIGINT)
    #expect(try first.waitForExit(within: 10) == .exited(0))
    try second.isLive(within: 30)
    try second.endWell()
  }

  @Test(
    "no host is declared silent while a transaction hides records, which are later evaluated in order", .needsKafka)
  func openTransaction() throws {
    let site = try site()
    try site.configure(rules: Site.rule + "no_data = \"alert\"\nno_data_after = \"3s\"\n")
    let evaluator = try site.runEvaluator()
    let alerts = try site.alertsReader()
    let writer = try site.writer()
    try writer.write(Site.record("web-1", level: 10, at: Site.now), key: "web-1", to: site.status)
    try writer.flush()
    var options = TransactionalProducer.Options(id: uniqueName("other"))
    options.timeout = .seconds(60)
    let log = Logger(output: CapturedLog())
    var other = try TransactionalProducer(Configuration(brokers: site.cluster.brokers), options: options, log: log)
    try other.initialize(within: .seconds(30))
    try other.begin()
    let value = Array(Site.record("db-1", level: 10, at: Site.now).utf8)
    try value.withUnsafeBytes {
      _ = try other.produce(topic: site.status, key: UnsafeRawBufferPointer($0), value: $0)
    }
    // Longer than two silences, with records that the transaction hides.
    let end = SystemTime().monotonic + .seconds(7)
    while SystemTime().monotonic < end {
      try writer.write(Site.record("web-1", level: 10, at: Site.now), key: "web-1", to: site.status)
      try writer.flush()
      #expect(try alerts.poll(for: 1) == nil)
    }
    try writer.write(Site.record("web-1", level: 90, at: Site.now), key: "web-1", to: site.status)
    try writer.flush()
    try other.abort(within: .seconds(30))
    let first = try alerts.next().object
    #expect(first["status"] as? String == "firing")
    #expect(first["reason"] == nil)
    other.close(by: SystemTime().monotonic + .seconds(5))
    evaluator.signal(SIGTERM)
    _ = try evaluator.waitForExit(within: 10)
  }

  @Test(
    "if nobody ends a transaction with the group's offset, the log says so, and the changelog alone counts",
    .needsKafka)
  func pendingOffset() throws {
    let site = try site()
    try site.configure(rules: Site.rule)
    let configuration = Configuration(brokers: site.cluster.brokers)
    let log = Logger(output: CapturedLog())
    _ = try site.cluster.createTopic(site.status)
    let nobody = try Consumer(configuration, options: .init(group: site.group), log: log, wakeup: Wakeup())
    var options = TransactionalProducer.Options(id: uniqueName("other"))
    options.timeout = .seconds(300)
    var other = try TransactionalProducer(configuration, options: options, log: log)
    try other.initialize(within: .seconds(30))
    try other.begin()
    try other.sendOffsets(
      [PartitionOffset(TopicPartition(site.status, 0), 0)], of: nobody.groupMetadata(), within: .seconds(30))
    nobody.close(by: SystemTime().monotonic + .seconds(5))

    let evaluator = try site.run("evaluator")
    let line = try evaluator.waitForLine(containing: "kafka-transactions.sh", on: \.errors, within: 120)
    #expect(line.contains("a transaction is about to change the group's position"), "\(line)")
    #expect(line.contains("\(site.status)[0]"), "\(line)")
    try evaluator.isLive()
    try other.abort(within: .seconds(30))
    other.close(by: SystemTime().monotonic + .seconds(5))
    try evaluator.endWell()
  }

  @Test("a changelog without compaction is refused by name", .needsKafka)
  func notCompacted() throws {
    let site = try Site(.newest)
    let changelog = try site.cluster.createTopic(uniqueName("changelog"))
    site.extra["topics"] = "changelog = \"\(changelog)\""
    try site.configure(rules: Site.rule)
    let evaluator = try site.run("evaluator")
    let status = try? evaluator.waitForExit(within: 30)
    #expect(status == .exited(75), "\(evaluator.errors.text.suffix(3000))")
    #expect(evaluator.errors.text.contains("\(changelog) has cleanup.policy=delete"))
  }

  @Test("a source topic that gains partitions ends the evaluator with an error, whose remedy works", .needsKafka)
  func grown() throws {
    let site = try site()
    try site.configure(rules: Site.rule)
    let evaluator = try site.runEvaluator()
    let writer = try site.writer()
    try writer.write(Site.record("web-1", level: 90, at: Site.now), key: "web-1", to: site.status)
    try writer.flush()
    let alerts = try site.alertsReader()
    _ = try alerts.next()
    try site.cluster.growTopic(site.status, to: 3)
    #expect(try evaluator.waitForExit(within: 60) == .exited(75))
    #expect(evaluator.errors.text.contains("a source topic has grown to 3 partitions"))
    try site.cluster.growTopic(site.changelog, to: 3)
    let second = try site.run("evaluator")
    // The first writer would learn of new partitions only after minutes.
    let writer2 = try site.writer()
    try writer2.write(Site.record("db-1", level: 90, at: Site.now), key: "db-1", to: site.status, partition: 2)
    try writer2.flush()
    #expect(try alerts.next(within: 60).key == "level/db-1")
    try second.endWell()
  }
}
