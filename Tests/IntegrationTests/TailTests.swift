import Foundation
import Kafka
import Platform
import TestSupport
import Testing

@Suite("statusd tail", .waits)
struct TailTests {
  private let firing =
    #"{"id":"9f86d081884c7d65","timestamp":"2026-11-20T12:00:03.500Z","status":"firing","severity":"critical","#
    + #""rule":"cpu-high","host":"web-1","metric":"cpu_usage","value":97.1,"threshold":90.0,"#
    + #""since":"2026-11-20T12:00:00.000Z","previous":"inactive","labels":{},"#
    + #""source":{"topic":"status_topic","partition":0,"offset":1}}"#

  @Test(
    "shows existing and new records, one line each, and ends after the requested number",
    arguments: TestCluster.Kind.main)
  func follows(_ kind: TestCluster.Kind) throws {
    let cluster = try TestCluster.open(kind)
    let topic = try cluster.createTopic(partitions: 2)
    let writer = try TopicWriter(on: cluster.brokers)
    try writer.write(firing, key: "cpu-high/web-1", to: topic, partition: 0)
    try writer.flush()
    let tail = try Program.start([
      "tail", "--brokers", cluster.brokers, "--topic", topic, "--since", "beginning", "--exit-after", "3",
    ])
    try tail.waitForLine(
      containing: "FIRING    critical  cpu-high          web-1             cpu_usage 97.1 (limit 90)")
    try writer.write("{\n\"host\":\"web-2\",\"x\":1}", key: "k", to: topic, partition: 1)
    try writer.write(nil, key: Array("k".utf8), to: topic, partition: 1)
    try writer.flush()
    #expect(try tail.waitForExit(within: 20) == .exited(0))
    #expect(tail.output.lines.count == 3)
    #expect(tail.output.lines[1].hasSuffix("web-2             x=1"))
    #expect(tail.output.lines[2].hasSuffix("k                 (null)"))
    #expect(!tail.output.text.contains("\u{1B}"))
  }

  @Test("a partition that is added later is read from its beginning", .needsKafka)
  func newPartition() throws {
    let cluster = try TestCluster.open(.newest)
    let topic = try cluster.createTopic()
    let tail = try Program.start([
      "tail", "--brokers", cluster.brokers, "--topic", topic, "--since", "beginning", "--format", "json",
      "--exit-after", "2",
    ])
    let writer = try TopicWriter(on: cluster.brokers)
    try writer.write("{\"partition\":0}", to: topic, partition: 0)
    try writer.flush()
    #expect(tail.output.waitForLines(1))
    try cluster.growTopic(topic, to: 2)
    // A new producer, because the first one may not know the partition yet.
    let other = try TopicWriter(on: cluster.brokers)
    try other.write("{\"partition\":1}", to: topic, partition: 1)
    try other.flush()
    #expect(try tail.waitForExit(within: 40) == .exited(0))
    #expect(tail.output.text == "{\"partition\":0}\n{\"partition\":1}\n")
  }

  @Test("json shows a record on one line, and only matching records are shown and counted")
  func json() throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    let values = ["{\"host\":\"web-1\",\n\"a\":1.50}", "{\"host\":\"db-1\"}", "no JSON", "{\"host\":\"web-2\"}"]
    let writer = try TopicWriter(on: cluster.brokers)
    for value in values { try writer.write(value, to: topic) }
    try writer.flush()
    let ended = try Program.run([
      "tail", "--brokers", cluster.brokers, "--topic", topic, "--since", "beginning", "--format", "json", "--match",
      "host=web-*", "--exit-after", "2",
    ])
    #expect(ended.status == .exited(0))
    #expect(ended.output == "{\"host\":\"web-1\", \"a\":1.50}\n{\"host\":\"web-2\"}\n")
  }

  @Test("an unknown topic is reported at once, with the closest name", .needsKafka)
  func unknownTopic() throws {
    let cluster = try TestCluster.open(.kafka43)
    let topic = try cluster.createTopic()
    let ended = try Program.run(["tail", "--brokers", cluster.brokers, "--topic", topic + "x"])
    #expect(ended.status == .exited(1))
    #expect(ended.errors.contains("there is no topic '\(topic)x' (did you mean '\(topic)'?)"))
  }

  @Test("unreachable brokers are reported, and a signal ends it with status 0", arguments: [SIGTERM, SIGINT])
  func away(_ signal: Int32) throws {
    let tail = try Program.start(["tail", "--brokers", "127.0.0.1:1"])
    try tail.waitForLine(containing: "no answer from 127.0.0.1:1", on: \.errors)
    tail.signal(signal)
    #expect(try tail.waitForExit(within: 10) == .exited(0))
  }

  @Test("it ends with status 0 when its reader is gone")
  func closedPipe() throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    let writer = try TopicWriter(on: cluster.brokers)
    for number in 0..<20_000 { try writer.write("{\"number\":\(number)}", to: topic) }
    try writer.flush()
    let command =
      "\"$0\" tail --brokers \(cluster.brokers) --topic \(topic) --since beginning --format json; echo $? >&2"
    let shell = try Subprocess("/bin/sh", ["-c", "{ \(command); } | head -n 1", Program.path])
    #expect(try shell.waitForExit(within: 30) == .exited(0))
    #expect(shell.output.text == "{\"number\":0}\n")
    #expect(shell.errors.lines.last == "0")
  }
}
