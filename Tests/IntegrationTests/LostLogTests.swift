import Kafka
import Platform
import TestSupport
import Testing

/// A firing alert when the log that raised it has changed.
@Suite("a changed log", .serialized, .waits)
struct LostLogTests {
  private let site: Site
  private let broker: Broker

  init() throws {
    site = try Site.withState()
    broker = try #require(site.cluster.broker)
    try site.configure(rules: Site.rule)
  }

  private func write(_ levels: Double...) throws {
    let writer = try site.writer()
    let now = Site.now
    for (index, level) in levels.enumerated() {
      // Two records with the same time would count as a repeat.
      let value = Site.record("web-1", level: level, at: now + Int64(index))
      try writer.write(value, key: "web-1", to: site.status)
    }
    try writer.flush()
  }

  private func nextStatus(_ alerts: TopicReader) throws -> String {
    try alerts.next(within: 30).object["status"] as? String ?? ""
  }

  /// Raises the alert and ends the evaluator, with everything committed. Returns a reader of the following transitions.
  private func raise() throws -> TopicReader {
    let evaluator = try site.runEvaluator()
    let alerts = try site.alertsReader()
    try write(10, 10, 90)
    #expect(try nextStatus(alerts) == "firing")
    try evaluator.endWell()
    return alerts
  }

  @Test(
    "a topic that is created anew while no evaluator runs keeps its alerts, and is read from its beginning",
    .needsKafka)
  func recreated() throws {
    let alerts = try raise()
    try site.cluster.administer { admin in
      for case let error? in try admin.delete([site.status], within: .seconds(30)) { throw error }
    }
    let evaluator = try site.runEvaluator()
    // At least as many records as the old topic had, so that the offsets don't show the change.
    try write(95, 95, 95, 95, 10)
    #expect(try nextStatus(alerts) == "resolved")
    #expect(evaluator.errors.text.contains("the topic was deleted and created again"))
    try evaluator.endWell()
    #expect(alerts.poll() == nil)
  }

  @Test(
    "records that retention deleted before their evaluation are counted in the log, and the alert goes on", .needsKafka)
  func retention() throws {
    let alerts = try raise()
    try write(10, 10, 95)
    try broker.deleteRecords(of: site.status, before: 5)
    let evaluator = try site.runEvaluator()
    let line = try evaluator.waitForLine(containing: "retention passed the position", on: \.errors)
    #expect(line.contains("from=3 ") && line.contains("records=2"), "\(line)")
    try write(10)
    #expect(try nextStatus(alerts) == "resolved")
    try evaluator.endWell()
    #expect(alerts.poll() == nil)
  }

  @Test(
    "a group without its positions continues at the changelog's position, and repeats no transition", .needsKafka)
  func forgotten() throws {
    let alerts = try raise()
    try broker.run(tool: "kafka-consumer-groups", ["--delete", "--group", site.group])
    let evaluator = try site.runEvaluator()
    try write(10)
    #expect(try nextStatus(alerts) == "resolved")
    try evaluator.endWell()
    #expect(alerts.poll() == nil)
    #expect(try site.committed() == 4)
  }

  @Test("a firing alert can be queried after its transition is gone from the alerts topic", .needsKafka)
  func quietWeek() throws {
    let alerts = try raise()
    try broker.deleteRecords(of: site.alerts, before: nil)
    let now = try Program.run(["alerts", "--config", site.file])
    #expect(now.output.contains("web-1"))
    let evaluator = try site.runEvaluator()
    try write(95, 10)
    #expect(try nextStatus(alerts) == "resolved")
    try evaluator.endWell()
    #expect(!(try Program.run(["alerts", "--config", site.file]).output.contains("web-1")))
  }
}
