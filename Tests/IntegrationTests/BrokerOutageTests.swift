import Foundation
import TestSupport
import Testing

/// Each of these tests has its own broker.
@Suite("a broker is away for a while", .waits)
struct BrokerOutageTests {
  /// An outage of a running broker.
  enum Trouble: String, CaseIterable, CustomTestStringConvertible {
    case stopped, killed, paused
    var testDescription: String { rawValue }

    func begin(_ broker: Broker) throws {
      switch self {
      case .stopped: try broker.stop()
      case .killed: try broker.kill()
      case .paused: try broker.pause()
      }
    }

    func end(_ broker: Broker) throws {
      if self == .paused { try broker.resume() } else { try broker.restart() }
    }
  }

  @Test(
    "the agent loses no sample and the evaluator goes on when a broker is", .needsKafka, arguments: Trouble.allCases)
  func trouble(_ trouble: Trouble) throws {
    let site = try Site(TestCluster.own())
    let broker = try #require(site.cluster.broker)
    site.extra["agent"] = "interval = \"250ms\""
    try site.configure(rules: Site.rule)
    let daemon = try site.run()
    let samples = try site.statusReader()
    let alerts = try site.alertsReader()
    var collected: [Record] = []
    func collect(upTo sequence: Int64) throws {
      while try collected.last.map(self.sequence) ?? 0 < sequence {
        collected.append(try samples.next(within: 90) { $0.key == site.host })
      }
    }
    try collect(upTo: 8)
    let writer = try TopicWriter(on: broker.address)
    let begin = Site.now
    try writer.write(Site.record("subject", level: 90, at: begin), key: "subject", to: site.status)
    #expect(try alerts.next().object["status"] as? String == "firing")

    try trouble.begin(broker)
    // Samples are still taken while no broker answers: two seconds of them.
    let log = daemon.errors.lines.count
    _ = try? daemon.waitForLine(on: \.errors, skipping: log, within: 2) { _ in false }
    try trouble.end(broker)

    try writer.write(Site.record("subject", level: 10, at: begin + 1), key: "subject", to: site.status)
    try writer.flush(within: 90)
    let resolved = try alerts.next(within: 90)
    #expect(try resolved.object["status"] as? String == "resolved")
    let source = try #require(try resolved.object["source"] as? [String: Any])
    let offset = try #require(source["offset"] as? Int)
    try collect(upTo: sequence(try #require(collected.last)) + 16)
    let sequences = try collected.map(sequence)
    let first = try #require(sequences.first)
    #expect(sequences == Array(first..<(first + Int64(sequences.count))))
    // The group's coordinator may be back long after the partitions.
    let deadline = Date(timeIntervalSinceNow: 90)
    while try site.committed() <= offset, Date() < deadline {}
    // After a delivery with an unknown result the partitions of both source topics are restored.
    func count(_ words: String) -> Int { daemon.errors.lines.count { $0.contains(words) } }
    while count("evaluated here from now on") < 2 * (1 + count("nobody knows what became of a delivery")),
      Date() < deadline
    {
      _ = try? daemon.waitForLine(on: \.errors, skipping: daemon.errors.lines.count, within: 0.2) { _ in false }
    }
    if trouble != .paused {
      let line = try daemon.waitForLine(containing: "brokers are back", on: \.errors)
      #expect(line.contains("away="))
    }
    #expect(!daemon.errors.text.contains("does not speak TLS"))
    #expect(!daemon.errors.text.contains("facility=REQTMOUT"))
    try daemon.endWell()
  }

  private func sequence(_ record: Record) throws -> Int64 {
    try #require((record.object["sequence"] as? NSNumber)?.int64Value)
  }
}
