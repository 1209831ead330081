import Foundation
import Kafka
import TestSupport
import Testing

@Suite("statusd emit", .waits)
struct EmitTests {
  @Test(
    "every line is delivered before it ends, keyed by its source, objects with their fields",
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

  @Test("records are counted as undelivered if brokers are away, with status 75")
  func undelivered() throws {
    let ended = try Program.run(
      ["emit", "--brokers", "127.0.0.1:1", "--topic", "t", "--within", "300ms"], input: "one\ntwo\n")
    #expect(ended.status == .exited(75))
    #expect(ended.errors.contains("2 of 2 records not delivered"))
  }

  @Test("if the producer fails for good, a new one delivers the rest in order, without waiting for another line")
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
    #expect(emit.errors.text.contains("a new one resends the unacknowledged records"))
  }

  @Test(
    "a batch that is too large for its topic is sent again in smaller ones; only a record too large alone is lost")
  func smallerBatches() throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    // The mock accepts any size, so a refusal is planted for each batch size, and one for a record alone.
    cluster.mock?.fail(.produce, with: Array(repeating: .messageTooLarge, count: 4))
    let ended = try Program.run(["emit", "--brokers", cluster.brokers, "--topic", topic], input: "0\n1\n2\n3\n")
    #expect(ended.status == .exited(65))
    #expect(ended.errors.contains("1 of 4 records not delivered"), "\(ended.errors)")
    let reader = try TopicReader(topic, on: cluster.brokers)
    let seen = try (0..<3).map { _ in try reader.next().object["message"] as? String ?? "" }
    #expect(Set(seen).count == 3)
  }

  @Test("if no producer can deliver, it ends at once, with status 75, the count, and the reason")
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

  @Test("a signal ends it while it waits for lines", arguments: [SIGTERM, SIGINT])
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

  @Test(
    "a line that is too long for a record, escapes included, is cut, and reported at once with its number",
    arguments: ["x", "\u{1}", "\\", "\u{1F600}"])
  func longLine(_ character: String) throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    let emit = try Program.start(["emit", "--brokers", cluster.brokers, "--topic", topic])
    try emit.write("short\n" + String(repeating: character, count: 600_000) + "\nlast\n")
    try emit.waitForLine(containing: "a line is too long for a record and was cut line=2", on: \.errors)
    let reader = try TopicReader(topic, on: cluster.brokers)
    let records = try (0..<3).map { _ in try reader.next() }
    let message = try #require(try records[1].object["message"] as? String)
    #expect(Set(message.unicodeScalars.map { String($0) }) == [character])
    let size = try #require(records[1].value).utf8.count
    #expect((512 << 10) - 8 < size && size <= 512 << 10)
    #expect(try records[2].object["message"] as? String == "last")
    try emit.closeInput()
    #expect(try emit.waitForExit() == .exited(0))
    #expect(emit.errors.text.contains("1 line cut to records of 524288 bytes"))
  }

  @Test("after a log is truncated, the next line is delivered without the NUL bytes before it")
  func hole() throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    let ended = try Program.run(
      ["emit", "--brokers", cluster.brokers, "--topic", topic],
      input: String(repeating: "\0", count: 3_000_000) + "real line after the hole\nnext line\n")
    #expect(ended.status == .exited(0))
    #expect(ended.errors == "statusd emit: 3000000 NUL bytes left out\n")
    let reader = try TopicReader(topic, on: cluster.brokers)
    let records = try (0..<2).map { _ in try reader.next().object["message"] as? String }
    #expect(records == ["real line after the hole", "next line"])
  }

  @Test("a line that brokers refuse is reported at once with its number; status 65 says that a retry can't help")
  func refused() throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    let emit = try Program.start(["emit", "--brokers", cluster.brokers, "--topic", topic])
    let reader = try TopicReader(topic, on: cluster.brokers)
    try emit.write("one\n")
    _ = try reader.next()
    // One refusal for each batch size, and one for the record alone.
    cluster.mock?.fail(.produce, with: Array(repeating: .messageTooLarge, count: 4))
    try emit.write("two\n")
    try emit.waitForLine(containing: "a line was not delivered line=2 reason=", on: \.errors)
    try emit.write("three\n")
    #expect(try reader.next().object["message"] as? String == "three")
    try emit.closeInput()
    #expect(try emit.waitForExit() == .exited(65))
    #expect(emit.errors.text.contains("1 of 3 records not delivered"))
  }

  @Test("records and batches are as small as the topic requires", .needsKafka)
  func smallTopic() throws {
    let cluster = try TestCluster.open(.newest)
    let topic = try cluster.createTopic(configuration: [("max.message.bytes", "5000")])
    let lines = (0..<500).map { "line \($0) \(String(repeating: "x", count: $0 == 250 ? 100_000 : 100))\n" }
    let ended = try Program.run(["emit", "--brokers", cluster.brokers, "--topic", topic], input: lines.joined())
    #expect(ended.status == .exited(0), "\(ended.errors)")
    #expect(ended.errors.contains("1 line cut to records of "))
    #expect(try TopicReader(topic, on: cluster.brokers).readToEnd().count == 500)
  }

  @Test("a source that is empty or too long is refused", arguments: [0, 256])
  func source(_ length: Int) throws {
    let source = String(repeating: "s", count: length)
    let ended = try Program.run(["emit", "--brokers", "127.0.0.1:1", "--source", source])
    #expect(ended.status == .exited(64))
    #expect(ended.errors.contains("must have 1 to 255 bytes"))
  }
}
