import Foundation
import TestSupport
import Testing

@Suite("statusd emit", .waits)
struct EmitTests {
  @Test(
    "every line arrives before it ends, keyed by its source, objects with their fields",
    arguments: TestCluster.Kind.main)
  func delivers(_ kind: TestCluster.Kind) throws {
    let cluster = try TestCluster.open(kind)
    let topic = try cluster.createTopic()
    let arguments = ["emit", "--brokers", cluster.brokers, "--topic", topic, "--source", "app"]
    let ended = try Program.run(arguments, input: "disk full\n{\"level\":\"warn\",\"source\":\"db\"}\r\n\nlast")
    #expect(ended.status == .exited(0))
    #expect(ended.output == "")
    let reader = try TopicReader(topic, on: cluster.brokers)
    let records = try (0..<4).map { _ in try reader.next() }
    #expect(records.map(\.key) == ["app", "db", "app", "app"])
    #expect(try records.map { try $0.object["message"] as? String } == ["disk full", nil, "", "last"])
    #expect(try records[1].object["level"] as? String == "warn")
    #expect(try records.allSatisfy { try $0.object["timestamp"] is String })
  }

  @Test("what brokers that aren't there don't take is counted, with status 75")
  func undelivered() throws {
    let ended = try Program.run(
      ["emit", "--brokers", "127.0.0.1:1", "--topic", "t", "--within", "300ms"], input: "one\ntwo\n")
    #expect(ended.status == .exited(75))
    #expect(ended.errors.contains("2 of 2 records not delivered"))
  }

  @Test("a signal ends it while it waits for lines, and for brokers", arguments: [SIGTERM, SIGINT])
  func signals(_ signal: Int32) throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    let idle = try Program.start(["emit", "--brokers", cluster.brokers, "--topic", topic])
    try idle.write("line\n")
    let reader = try TopicReader(topic, on: cluster.brokers)
    _ = try reader.next()
    idle.signal(signal)
    #expect(try idle.waitForExit(within: 10) == .exited(0))
  }

  @Test("a line that is too long is cut, and that is said")
  func longLine() throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    let ended = try Program.run(
      ["emit", "--brokers", cluster.brokers, "--topic", topic],
      input: String(repeating: "x", count: 600_000) + "\nshort\n")
    #expect(ended.status == .exited(0))
    #expect(ended.errors.contains("1 line longer than"))
    let reader = try TopicReader(topic, on: cluster.brokers)
    let records = try (0..<2).map { _ in try reader.next() }
    #expect(try (records[0].object["message"] as? String)?.utf8.count == 512 << 10)
    #expect(try records[1].object["message"] as? String == "short")
  }
}
