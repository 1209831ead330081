import Foundation
import Kafka
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

  @Test("where the producer fails for good a new one delivers what it hadn't, in order, without another line")
  func renewal() throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    let emit = try Program.start(["emit", "--brokers", cluster.brokers, "--topic", topic])
    let reader = try TopicReader(topic, on: cluster.brokers)
    try emit.write("0\n")
    _ = try reader.next()
    let outOfOrder = KafkaError.Code(rawValue: 45)
    for number in 0..<3 {
      let first = 1 + 10 * number
      cluster.mock?.fail(.produce, with: [outOfOrder])
      try emit.write((first..<first + 10).map { "\($0)\n" }.joined())
      let seen = try (0..<10).map { _ in try reader.next().object["message"] as? String }
      #expect(seen == (first..<first + 10).map { "\($0)" })
    }
    try emit.closeInput()
    #expect(try emit.waitForExit() == .exited(0))
    #expect(emit.errors.text.contains("a new one sends again what wasn't acknowledged"))
  }

  @Test("where no producer can do it, it ends at once, with status 75, the count, and the reason")
  func noProducer() throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    cluster.mock?.fail(.initProducerID, with: Array(repeating: .clusterAuthorizationFailed, count: 100))
    let emit = try Program.start(["emit", "--brokers", cluster.brokers, "--topic", topic])
    try emit.write("one\ntwo\n")
    #expect(try emit.waitForExit() == .exited(75))
    #expect(emit.errors.text.contains("2 of 2 records not delivered"), "\(emit.errors.text)")
    #expect(emit.errors.text.contains("CLUSTER_AUTHORIZATION_FAILED"), "\(emit.errors.text)")
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
