import Foundation
import TestSupport
import Testing

@Suite("brokers come and go", .waits)
struct BrokerTroubleTests {
  @Test(
    "samples that a broker refuses for their size are dropped; the others arrive, each once and in order",
    .needsKafka)
  func refused() throws {
    let site = try Site(TestCluster.own(), makesTopics: true)
    let broker = try #require(site.cluster.broker)
    site.extra["agent"] = "interval = \"100ms\""
    try site.configure()
    let daemon = try site.run("agent")
    let samples = try site.statusReader()
    var last = try sequence(samples.next { $0.key == site.host })
    try broker.configure(topic: site.status, "max.message.bytes=100")
    let line = try daemon.waitForLine(containing: "is dropped", on: \.errors)
    #expect(line.contains("MSG_SIZE_TOO_LARGE"))
    try broker.configure(topic: site.status, "max.message.bytes")
    var gaps = 0
    let end = last + 100
    while last < end || gaps == 0 {
      let next = try sequence(samples.next(within: 60) { $0.key == site.host })
      #expect(next > last)
      if next != last + 1 { gaps += 1 }
      last = next
    }
    // The refused samples are the only gap.
    #expect(gaps == 1)
    daemon.signal(SIGTERM)
    #expect(try daemon.waitForExit(within: 10) == .exited(75))
  }

  @Test("agent and evaluator start without a broker; samples taken meanwhile arrive once there is one", .needsKafka)
  func awayAtStart() throws {
    let site = try Site(TestCluster.own())
    let broker = try #require(site.cluster.broker)
    try broker.stop()
    site.extra["agent"] = "interval = \"250ms\""
    try site.configure(rules: Site.rule)
    let daemon = try site.run()
    try daemon.waitForLine(containing: "started", on: \.errors)
    _ = try? daemon.waitForLine(on: \.errors, within: 2) { _ in false }
    let back = Date()
    try broker.restart()
    let samples = try site.statusReader()
    let first = try samples.next(within: 90) { $0.key == site.host }
    let second = try samples.next(within: 90) { $0.key == site.host }
    #expect(try sequence(second) == sequence(first) + 1)
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    #expect(try format.parse(#require(first.object["timestamp"] as? String)) < back)
    let writer = try TopicWriter(on: broker.address)
    try writer.write(Site.record("subject", level: 90, at: Site.now), key: "subject", to: site.status)
    #expect(try site.alertsReader().next(within: 90).object["status"] as? String == "firing")
    try daemon.endWell()
  }

  @Test(
    "SIGTERM while a broker is silent ends it within 5 s, with status 75 and the number of undelivered records",
    .needsKafka)
  func silentAtEnd() throws {
    let site = try Site(TestCluster.own())
    let broker = try #require(site.cluster.broker)
    site.extra["agent"] = "interval = \"100ms\""
    try site.configure(rules: Site.rule)
    let daemon = try site.run()
    let samples = try site.statusReader()
    _ = try samples.next { $0.key == site.host }
    try broker.pause()
    let log = daemon.errors.lines.count
    _ = try? daemon.waitForLine(on: \.errors, skipping: log, within: 1) { _ in false }
    let begin = Date()
    daemon.signal(SIGTERM)
    #expect(try daemon.waitForExit(within: 20) == .exited(75))
    #expect(Date().timeIntervalSince(begin) < 5)
    #expect(daemon.errors.text.contains("undelivered="), "\(daemon.errors.text.suffix(2000))")
    try broker.resume()
  }

  @Test("SIGTERM commits the evaluated records, and a second start continues after them", .needsKafka)
  func commits() throws {
    let site = try Site(.newest, makesTopics: true)
    try site.configure(rules: Site.rule)
    let writer = try site.writer()
    let begin = Site.now
    for number in 0..<10 {
      try writer.write(
        Site.record("subject", level: number % 2 == 0 ? 90 : 10, at: begin + Int64(number)), key: "subject",
        to: site.status)
    }
    try writer.flush()
    let alerts = try site.alertsReader()
    let first = try site.run("evaluator")
    for _ in 0..<10 { _ = try alerts.next() }
    try first.endWell()
    #expect(try site.committed() >= 10)
    let second = try site.run("evaluator")
    try writer.write(Site.record("subject", level: 90, at: begin + 10), key: "subject", to: site.status)
    try writer.flush()
    let next = try alerts.next().object
    #expect(next["status"] as? String == "firing")
    #expect(((next["source"] as? [String: Any])?["offset"] as? NSNumber)?.int64Value ?? 0 >= 10)
    try second.endWell()
  }

  @Test(
    "a missing topic that may not be created is named with the command for it, and used once it exists", .needsKafka)
  func unknownTopic() throws {
    let site = try Site(TestCluster.own(settings: ["auto.create.topics.enable=false"]))
    try site.directory.write(
      """
      [kafka]
      brokers = "\(site.cluster.brokers)"
      [topics]
      status = "\(site.status)"
      alerts = "\(site.alerts)"
      readings = "\(site.readings)"
      create = false
      [agent]
      host = "\(site.host)"
      interval = "250ms"
      [evaluator]
      group = "\(site.group)"

      """ + Site.rule, to: "statusd.toml")
    let daemon = try site.run()
    let kept = [site.status, site.readings, site.alerts]
    for topic in kept + ["alerts-current", "statusd-changelog"] {
      let line = try daemon.waitForLine(on: \.errors) { $0.contains(topic) && $0.contains("kafka-topics") }
      #expect(line.contains("--create"))
      #expect(line.contains("cleanup.policy=compact") == !kept.contains(topic))
    }
    for topic in kept { try site.cluster.createTopic(topic) }
    for topic in ["alerts-current", "statusd-changelog"] {
      try site.cluster.createTopic(topic, configuration: [("cleanup.policy", "compact")])
    }
    _ = try site.statusReader().next { $0.key == site.host }
    let writer = try site.writer()
    try writer.write(Site.record("subject", level: 90, at: Site.now), key: "subject", to: site.status)
    #expect(try site.alertsReader().next(within: 90).object["status"] as? String == "firing")
    try daemon.endWell()
  }

  private func sequence(_ record: Record) throws -> Int64 {
    try #require((record.object["sequence"] as? NSNumber)?.int64Value)
  }
}
