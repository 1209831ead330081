import Foundation
import Platform
import TestSupport
import Testing

@Suite("statusd streams", .waits)
struct StreamsTests {
  private func reading(_ subject: String, kind: String = "stream", rate: Double = 2) -> String {
    #"{"timestamp":"\#(SystemTime().wall.rfc3339)","host":"\#(subject)","kind":"\#(kind)","records":2,"rate":\#(rate),"#
      + #""bytes":100,"byte_rate":100,"delay_ms_avg":5.5,"silence_seconds":0.25,"partitions_missing":0}"#
  }

  private let firing =
    #"{"id":"9f86d081884c7d65","timestamp":"2026-11-20T12:00:03.500Z","status":"firing","severity":"critical","#
    + #""rule":"orders-slow","host":"orders","metric":"rate","value":2,"threshold":10,"#
    + #""since":"2026-11-20T12:00:00.000Z","previous":"inactive","labels":{},"#
    + #""source":{"topic":"statusd-readings","partition":0,"offset":1}}"#

  private func place(_ kind: TestCluster.Kind) throws -> ReadingsPlace {
    try ReadingsPlace("streams", kind, partitions: 2)
  }

  @Test("shows the newest reading of each stream, with the rules that fire", arguments: TestCluster.Kind.main)
  func shows(_ kind: TestCluster.Kind) throws {
    let place = try place(kind)
    let writer = place.writer
    for (subject, kind, rate) in [
      ("orders", "stream", 1), ("eu", "stream", 3), ("orders", "stream", 2), ("orders/paid", "value", 4),
      ("statusd@web-1", "self", 5),
    ] as [(String, String, Double)] {
      let partition: Int32 = subject == "eu" ? 1 : 0
      try writer.write(
        reading(subject, kind: kind, rate: rate), key: subject, to: place.readings, partition: partition)
    }
    try writer.write("no JSON", to: place.readings, partition: 1)
    try writer.write(firing, key: "orders-slow/orders", to: place.alerts)
    try writer.flush()
    let pretty = try Program.run(place.arguments)
    #expect(pretty.status == .exited(0), "\(pretty.errors)")
    let lines = pretty.output.split(separator: "\n")
    try #require(lines.count == 3, "\(pretty.output)")
    #expect(lines[0].hasPrefix("STREAM  RATE    BYTES  DELAY  SILENCE"))
    #expect(lines[1].hasPrefix("eu       3/s  100 B/s  5.5ms    250ms"))
    #expect(lines[2].hasPrefix("orders   2/s  100 B/s  5.5ms    250ms"))
    #expect(lines[2].hasSuffix("  orders-slow (critical)"))
    #expect(pretty.errors.contains("1 record of '\(place.readings)' skipped: not a reading"))
    let values = try Program.run(place.arguments + ["--values", "o*"])
    #expect(values.output.split(separator: "\n").dropFirst().map { $0.prefix(11) } == ["orders     ", "orders/paid"])
    let json = try Program.run(place.arguments + ["--format", "json", "orders"])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any], "\(json.output)")
    #expect(object["stream"] as? String == "orders")
    #expect((object["numbers"] as? [String: Double])?["rate"] == 2)
    #expect(object["firing"] as? [[String: String]] == [["rule": "orders-slow", "severity": "critical"]])
  }

  @Test("says so if there is no stream, with status 0", arguments: TestCluster.Kind.main)
  func none(_ kind: TestCluster.Kind) throws {
    let place = try place(kind)
    try place.writer.write(reading("statusd@web-1", kind: "self"), to: place.readings)
    try place.writer.flush()
    let when = kind == .mock ? "yet" : "of the last 2m"
    let ended = try Program.run(place.arguments)
    #expect(ended.status == .exited(0), "\(ended.errors)")
    #expect(ended.output == "no stream has a reading \(when)\n")
    #expect(try Program.run(place.arguments + ["x"]).output == "no such stream has a reading \(when)\n")
    #expect(try Program.run(place.arguments + ["--format", "json"]).output == "")
  }

  @Test("readings before the given time aren't looked at", .needsKafka)
  func since() throws {
    let place = try place(.newest)
    try place.writer.write(reading("orders"), key: "orders", to: place.readings)
    try place.writer.flush()
    // The reading is older than the second command, as the first one takes its time.
    #expect(try Program.run(place.arguments + ["--since", "1h"]).output.contains("\norders "))
    #expect(try Program.run(place.arguments + ["--since", "0s"]).output == "no stream has a reading of the last 0s\n")
  }

  @Test("--refresh repeats the table with what is new, until a signal ends it with 0", arguments: TestCluster.Kind.main)
  func refresh(_ kind: TestCluster.Kind) throws {
    let place = try place(kind)
    try place.writer.write(reading("orders"), key: "orders", to: place.readings)
    try place.writer.flush()
    let watch = try Program.start(place.arguments + ["--refresh", "200ms"])
    try watch.waitForLine(containing: "orders   2/s")
    try place.writer.write(reading("orders", rate: 7), key: "orders", to: place.readings)
    try place.writer.write(reading("eu"), key: "eu", to: place.readings)
    try place.writer.write(firing, key: "orders-slow/orders", to: place.alerts)
    try place.writer.flush()
    try watch.waitForLine(containing: "orders   7/s")
    try watch.waitForLine(containing: "orders-slow (critical)")
    try watch.waitForLine(containing: "eu ")
    let shown = watch.output.lines.count
    try place.writer.write(nil, key: Array("orders-slow/orders".utf8), to: place.alerts)
    try place.writer.flush()
    try watch.waitForLine(skipping: shown, within: 30) { $0.hasPrefix("orders") && !$0.hasSuffix("(critical)") }
    watch.signal(SIGINT)
    #expect(try watch.waitForExit(within: 10) == .exited(0))
    #expect(watch.errors.text == "")
    #expect(!watch.output.text.contains("\u{1B}"))
  }

  @Test("--refresh ends with 0 when its reader is gone")
  func closedPipe() throws {
    let place = try place(.mock)
    try place.writer.write(reading("orders"), key: "orders", to: place.readings)
    try place.writer.flush()
    let command = "\"$0\" \(place.arguments.joined(separator: " ")) --refresh 100ms; echo $? >&2"
    let shell = try Subprocess("/bin/sh", ["-c", "{ \(command); } | head -n 1", Program.path])
    #expect(try shell.waitForExit(within: 30) == .exited(0))
    #expect(shell.errors.lines.last == "0")
  }

  @Test("a missing topic of readings is reported, with status 75; one of alerts is only mentioned", .needsKafka)
  func noTopic() throws {
    let place = try place(.newest)
    let none = uniqueName("none")
    let missing = try Program.run(place.arguments + ["--topic", none])
    #expect(missing.status == .exited(75))
    #expect(missing.output == "")
    #expect(
      missing.errors == "statusd streams: there is no topic '\(none)': no meter has written readings on these "
        + "brokers yet\n")
    try place.writer.write(reading("orders"), key: "orders", to: place.readings)
    try place.writer.flush()
    let file = try place.directory.write(
      "kafka.brokers = \"\(place.cluster.brokers)\"\ntopics.alerts_current = \"\(none)\"\n", to: "other.toml")
    let shown = try Program.run(["streams", "--config", file, "--topic", place.readings])
    #expect(shown.status == .exited(0))
    #expect(shown.output.contains("\norders "))
    #expect(shown.errors.contains("there is no topic '\(none)': no evaluator"))
  }

  @Test("wrong options are reported, with status 64", arguments: ["--refresh=1ms", "--since=soon", "--format=xml"])
  func usage(_ option: String) throws {
    #expect(try Program.run(["streams", "--brokers", "127.0.0.1:1", option]).status == .exited(64))
  }
}
