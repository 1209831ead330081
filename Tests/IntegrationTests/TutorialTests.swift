import Foundation
import Kafka
import Platform
import TestSupport
import Testing

/// How often the producer stops and comes back.
private let rounds = environment("STATUSD_TUTORIAL_ROUNDS").flatMap { Int($0) } ?? 1

@Suite("The producer of a tutorial under the shipped configuration", .waits, .needsKafka)
struct TutorialTests {
  /// A producer that writes twenty records a second, or none, and the alerts about it.
  private final class Stage {
    let site: Site
    let topic = uniqueName("monitor")
    let writer: TopicWriter
    let alerts: TopicReader
    private let wakeup: Wakeup
    /// When the last record was acknowledged.
    private(set) var last = SystemTime().wall

    init() throws {
      site = try Site(.newest)
      try site.cluster.createTopic(topic)
      var text = try String(contentsOfFile: packageRoot + "/Config/statusd.toml", encoding: .utf8)
      let names = [
        "status": site.status, "readings": site.readings, "monitor": topic, "alerts": site.alerts,
        "alerts_current": site.current, "changelog": site.changelog, "streams": site.streams,
      ]
      for (key, name) in names {
        text = text.replacing(try Regex("(?m)^#\(key) = \".*\"$"), with: "\(key) = \"\(name)\"")
      }
      text = text.replacing(/(?m)^#group = "status_group"/, with: "group = \"\(site.group)\"")
      text = text.replacing(/(?m)^#group = "monitor_group"/, with: "group = \"\(site.meters)\"")
      text = text.replacing(/(?m)^brokers = .*$/, with: "brokers = \"\(site.cluster.brokers)\"")
      text = text.replacing("topics = [\"monitor_topic\"]", with: "topics = [\"\(topic)\"]")
      // Else each round would take half a minute.
      text = text.replacing("above = { warning = 0 }\nkeep_firing_for = \"30s\"", with: "above = { warning = 0 }")
      try site.directory.write(text, to: "statusd.toml")
      writer = try site.writer()
      alerts = try TopicReader(site.alerts, on: site.cluster.brokers)
      wakeup = try Wakeup()
    }

    func write(_ message: String) throws {
      try writer.write("{\"timestamp\": \"2022-01-01 00:00:00\", \"message\": \"\(message)\"}", to: topic)
      try writer.flush()
      last = SystemTime().wall
    }

    /// The next transition of this rule about the stream.
    func next(_ rule: String, _ status: String, whileWriting isWriting: Bool) throws -> [String: Any] {
      let deadline = SystemTime().monotonic + .seconds(60)
      while SystemTime().monotonic < deadline {
        if isWriting { try write("Hello, World!") }
        guard let record = try alerts.poll(for: isWriting ? 0.05 : 10), record.key == "\(rule)/monitor" else {
          continue
        }
        let object = try record.object
        if object["status"] as? String == status { return object }
      }
      throw NotAsExpected(description: "\(rule) isn't \(status)")
    }
  }

  @Test("its silence and its errors fire, and its return resolves, within moments of the reading that shows it")
  func watched() throws {
    let stage = try Stage()
    let daemon = try stage.site.run("all")
    let readings = try stage.site.readingsReader()
    // The stream's beginning is committed before anything of it is counted.
    _ = try readings.next(within: 60) { $0.key == "monitor" }
    var delays: [String: [Double]] = [:]
    func note(_ what: String, _ since: WallTime, _ transition: [String: Any]) throws {
      let now = SystemTime().wall
      let end = try #require(WallTime(rfc3339: transition["timestamp"] as? String ?? ""))
      for (name, begin) in [(what, since), ("\(what), since its interval's end", end)] {
        delays[name, default: []].append(Double((now - begin).wholeMilliseconds) / 1000)
      }
    }
    for _ in 0..<20 { try stage.write("Hello, World!") }
    for _ in 0..<rounds {
      let quiet = try stage.next("stream-quiet", "firing", whileWriting: false)
      try note("silence", stage.last, quiet)
      let begin = SystemTime().wall
      try note("return", begin, try stage.next("stream-quiet", "resolved", whileWriting: true))
      try stage.write("error: the disk is full")
      try note("error", stage.last, try stage.next("stream-errors", "firing", whileWriting: true))
      _ = try stage.next("stream-errors", "resolved", whileWriting: true)
    }
    try daemon.endWell()
    for (what, values) in delays.sorted(by: { $0.key < $1.key }) {
      let sorted = values.sorted()
      if rounds > 1 {
        print(
          "\(what): p50 \(sorted[sorted.count / 2]) s, p99 \(sorted[(sorted.count * 99 - 1) / 100]) s, of \(sorted.count)"
        )
      }
      // A shared machine may stand still for seconds; the median doesn't.
      #expect(sorted[sorted.count / 2] < 5, "\(what): \(values)")
    }
  }
}
