import Foundation
import TestSupport
import Testing

@Suite("statusd alerts", .waits)
struct AlertsTests {
  private func value(_ rule: String, _ host: String, _ severity: String, since: String) -> String {
    #"{"id":"9f86d081884c7d65","timestamp":"\#(since)","status":"firing","severity":"\#(severity)","rule":"\#(rule)","#
      + #""host":"\#(host)","metric":"cpu_usage","value":97.5,"threshold":95.0,"since":"\#(since)","#
      + #""previous":"inactive","labels":{},"source":{"topic":"status_topic","partition":0,"offset":1}}"#
  }

  /// A configuration whose `alerts_current` is `topic`.
  private func configuration(_ cluster: TestCluster, _ topic: String, in directory: TemporaryDirectory) throws -> String
  {
    try directory.write(
      "kafka.brokers = \"\(cluster.brokers)\"\ntopics.alerts_current = \"\(topic)\"\n", to: "statusd.toml")
  }

  @Test("shows firing alerts, the worst first, and fails if requested", arguments: TestCluster.Kind.main)
  func shows(_ kind: TestCluster.Kind) throws {
    let cluster = try TestCluster.open(kind)
    let topic = try cluster.createTopic(partitions: 2, configuration: [("cleanup.policy", "compact")])
    let writer = try TopicWriter(on: cluster.brokers)
    let old = value("cpu-high", "web-1", "warning", since: "2026-11-20T12:00:00.000Z")
    let worse = value("cpu-high", "web-2", "critical", since: "2026-11-20T12:30:00.000Z")
    try writer.write(old, key: "cpu-high/web-1", to: topic, partition: 0)
    try writer.write(worse, key: "cpu-high/web-2", to: topic, partition: 1)
    try writer.write(worse, key: "cpu-high/web-3", to: topic, partition: 1)
    try writer.write(nil, key: Array("cpu-high/web-3".utf8), to: topic, partition: 1)
    try writer.flush()
    let directory = try TemporaryDirectory()
    let file = try configuration(cluster, topic, in: directory)
    let pretty = try Program.run(["alerts", "--config", file])
    #expect(pretty.status == .exited(0), "\(pretty.errors)")
    let lines = pretty.output.split(separator: "\n")
    #expect(lines.count == 2)
    // The width of the times depends on when the test runs.
    #expect(lines.first?.hasPrefix("critical  cpu-high  web-2  cpu_usage 97.5 (limit 95)  ") == true)
    #expect(lines.first?.contains(" for ") == true)
    #expect(lines.last?.contains("since 2026-11-20T12:00:00.000Z") == true)
    let json = try Program.run(["alerts", "--config", file, "--format", "json", "--fail-if-firing"])
    #expect(json.status == .exited(1))
    #expect(json.output == "\(worse)\n\(old)\n")
    let none = try Program.run(["alerts", "--config", file, "--match", "host=db-*", "--fail-if-firing"])
    #expect(none.status == .exited(0))
    #expect(none.output == "no alert fires\n")
  }

  @Test(
    "if alerts-current deletes records, an empty result has a warning, and status 75 with --fail-if-firing",
    .needsKafka, arguments: ["delete", "compact,delete"])
  func deletes(_ policy: String) throws {
    let cluster = try TestCluster.open(.newest)
    let topic = try cluster.createTopic(configuration: [("cleanup.policy", policy)])
    let writer = try TopicWriter(on: cluster.brokers)
    // After this write every broker knows the topic.
    try writer.write(nil, key: Array("cpu-high/web-1".utf8), to: topic)
    try writer.flush()
    let directory = try TemporaryDirectory()
    let file = try configuration(cluster, topic, in: directory)
    let plain = try Program.run(["alerts", "--config", file])
    #expect(plain.status == .exited(0))
    #expect(plain.output == "no alert fires\n")
    #expect(plain.errors.contains("'\(topic)' has cleanup.policy=\(policy)"), "\(plain.errors)")
    #expect(plain.errors.contains("kafka-configs.sh --bootstrap-server \(cluster.brokers) --alter"))
    let asked = try Program.run(["alerts", "--config", file, "--fail-if-firing"])
    #expect(asked.status == .exited(75))
    let firing = value("cpu-high", "web-1", "warning", since: "2026-11-20T12:00:00.000Z")
    try writer.write(firing, key: "cpu-high/web-1", to: topic)
    try writer.flush()
    // An alert that is in the topic does fire.
    #expect(try Program.run(["alerts", "--config", file, "--fail-if-firing"]).status == .exited(1))
  }

  @Test("a missing topic is reported, with status 75", .needsKafka)
  func noTopic() throws {
    let cluster = try TestCluster.open(.newest)
    let directory = try TemporaryDirectory()
    let topic = uniqueName("current")
    let ended = try Program.run(["alerts", "--config", try configuration(cluster, topic, in: directory)])
    #expect(ended.status == .exited(75))
    #expect(ended.output == "")
    #expect(ended.errors.contains("there is no topic '\(topic)': no evaluator that keeps it has run"))
  }
}

@Suite("statusd forget", .waits)
struct ForgetTests {
  @Test("writes a tombstone for the host to every partition before it ends", arguments: TestCluster.Kind.main)
  func tombstones(_ kind: TestCluster.Kind) throws {
    let cluster = try TestCluster.open(kind)
    let topic = try cluster.createTopic(partitions: 3)
    let ended = try Program.run(["forget", "--brokers", cluster.brokers, "--topic", topic, "web-1"])
    #expect(ended.status == .exited(0), "\(ended.errors)")
    #expect(ended.output == "'web-1' is forgotten: 3 tombstones written to '\(topic)'\n")
    let records = try TopicReader(topic, on: cluster.brokers, partitions: 3).readToEnd()
    #expect(records.map(\.key) == ["web-1", "web-1", "web-1"])
    #expect(records.allSatisfy { $0.value == nil })
    #expect(Set(records.map(\.partition)) == [0, 1, 2])
  }

  @Test("undelivered tombstones are reported, with status 75")
  func undelivered() throws {
    let ended = try Program.run(["forget", "--brokers", "127.0.0.1:1", "--within", "500ms", "web-1"])
    #expect(ended.status == .exited(75))
    #expect(ended.output == "")
    #expect(ended.errors.contains("nothing was written"))
  }

  @Test("a missing topic is a failure", .needsKafka)
  func noTopic() throws {
    let cluster = try TestCluster.open(.newest)
    let ended = try Program.run(["forget", "--brokers", cluster.brokers, "--topic", uniqueName("none"), "web-1"])
    #expect(ended.status == .exited(1))
    #expect(ended.errors.contains("there is no topic"))
  }

  @Test("the host's alerts are resolved, and no others", .needsKafka)
  func resolves() throws {
    let site = try Site(.newest, makesTopics: true)
    try site.configure(rules: Site.rule)
    let evaluator = try site.run("evaluator")
    let writer = try site.writer()
    for host in ["a", "b"] {
      try writer.write(Site.record(host, level: 90, at: Site.now), key: host, to: site.status)
    }
    try writer.flush()
    let alerts = try site.alertsReader()
    #expect(try [alerts.next().key, alerts.next().key] == ["level/a", "level/b"])
    let ended = try Program.run(["forget", "--config", site.file, "a"])
    #expect(ended.status == .exited(0), "\(ended.errors)")
    let resolved = try alerts.next()
    #expect(resolved.key == "level/a")
    #expect(try resolved.object["status"] as? String == "resolved")
    #expect(try resolved.object["reason"] as? String == "forgotten")
    try evaluator.endWell()
  }
}
