import Foundation
import Kafka
import Platform
import TestSupport
import Testing

@Suite("Rules over the records of a stream, by the program", .waits, .needsKafka)
struct StreamRulesCommandTests {
  private static func rules(_ topic: String, more: String = "") -> String {
    """
    [[stream]]
    name = "orders"
    topics = ["\(topic)"]
    subject = "customer"
    [[rule]]
    name = "spends-much"
    stream = "orders"
    metric = "amount"
    window = "1h"
    aggregate = "sum"
    above = 250
    \(Site.rule)\(more)
    """
  }

  private static func order(_ customer: Int, _ amount: Int, to topic: String, with writer: TopicWriter) throws {
    // A field `level` shows that rules of hosts don't look at streams.
    try writer.write(
      "{\"customer\":\(customer),\"amount\":\(amount),\"level\":99}", key: "\(customer)", to: topic)
  }

  @Test("two rule sets run side by side, survive SIGKILL, and a backtest comes to the same alerts")
  func sideBySide() throws {
    let site = try Site.withState()
    let topic = uniqueName("orders")
    try site.cluster.createTopic(topic, partitions: 3)
    try site.configure(rules: Self.rules(topic))
    let alerts = try site.alertsReader()
    let writer = try site.writer()
    let first = try site.runEvaluator()
    for round in 0..<2 {
      for customer in 0..<6 { try Self.order(customer, 100, to: topic, with: writer) }
      try writer.write(
        Site.record("web-1", level: round == 0 ? 90 : 10, at: Site.now + Int64(round)), key: "web-1", to: site.status)
    }
    try writer.flush()
    #expect(try alerts.next().key == "level/web-1")
    #expect(try alerts.next().object["status"] as? String == "resolved")
    first.signal(SIGKILL)
    _ = try first.waitForExit(within: 10)
    let second = try site.run("evaluator")
    for customer in 0..<6 { try Self.order(customer, 100, to: topic, with: writer) }
    try writer.flush()
    var keys: Set<String> = []
    for _ in 0..<6 {
      let alert = try alerts.next()
      #expect(try alert.object["value"] as? Double == 300)
      keys.insert(alert.key ?? "")
    }
    #expect(keys == Set((0..<6).map { "spends-much/\($0)" }))
    try second.endWell()
    let same = try Program.run(["backtest", "--config", site.file, "--compare", "alerts"])
    #expect(same.status == .exited(0), "\(same.errors)")
    #expect(same.output.hasSuffix("no difference: 8 transitions on both sides\n"), "\(same.output)")
    #expect(same.output.contains("\(topic): 18 records"), "\(same.output)")

    let forgotten = try Program.run(["forget", "--config", site.file, "--topic", topic, "3"])
    #expect(forgotten.status == .exited(0), "\(forgotten.errors)")
    let third = try site.run("evaluator")
    let last = try alerts.next()
    #expect(last.key == "spends-much/3")
    #expect(try last.object["reason"] as? String == "forgotten")
    try third.endWell()
  }

  @Test("SIGHUP takes rules over streams up, and drops them")
  func reload() throws {
    let site = try Site.withState()
    let topic = uniqueName("orders")
    try site.cluster.createTopic(topic)
    try site.configure(rules: Site.rule)
    let alerts = try site.alertsReader()
    let writer = try site.writer()
    let evaluator = try site.runEvaluator()
    try site.configure(rules: Self.rules(topic))
    try Self.order(7, 500, to: topic, with: writer)
    try writer.flush()
    evaluator.signal(SIGHUP)
    #expect(try alerts.next().key == "spends-much/7")
    try site.configure(rules: Site.rule)
    evaluator.signal(SIGHUP)
    let resolved = try alerts.next()
    #expect(resolved.key == "spends-much/7")
    #expect(try resolved.object["reason"] as? String == "rule removed")
    try evaluator.endWell()
  }

  @Test("SIGHUP with another status topic changes nothing until a restart, as it says")
  func otherTopic() throws {
    let site = try Site.withState()
    try site.configure(rules: Site.rule)
    let alerts = try site.alertsReader()
    let writer = try site.writer()
    let evaluator = try site.runEvaluator()
    try writer.write(Site.record("web-1", level: 90, at: Site.now), key: "web-1", to: site.status)
    try writer.flush()
    #expect(try alerts.next().object["status"] as? String == "firing")
    let text = try String(contentsOfFile: site.file, encoding: .utf8)
    try site.directory.write(
      text.replacing("status = \"\(site.status)\"", with: "status = \"\(uniqueName("other"))\""), to: "statusd.toml")
    evaluator.signal(SIGHUP)
    try evaluator.waitForLine(containing: "some changes take effect only after a restart", on: \.errors, within: 60)
    try writer.write(Site.record("web-1", level: 10, at: Site.now + 1000), key: "web-1", to: site.status)
    try writer.flush()
    let last = try alerts.next().object
    #expect(last["status"] as? String == "resolved")
    #expect(last["reason"] == nil)
    try evaluator.endWell()
  }
}
