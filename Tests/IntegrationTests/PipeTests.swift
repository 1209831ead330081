import Foundation
import TestSupport
import Testing

@Suite("emit and tail in pipes", .serialized, .waits)
struct PipeTests {
  @Test(
    "lines become records with time and source, objects keep their fields, and tail shows them",
    arguments: TestCluster.Kind.main)
  func roundTrip(_ kind: TestCluster.Kind) throws {
    let cluster = try TestCluster.open(kind)
    let topic = try cluster.createTopic()
    let input = "first line\n{\"message\":\"an object\",\"code\":7}\n\"quoted\" \\ line\nlast without an end"
    let emit = try Program.run(
      ["emit", "--brokers", cluster.brokers, "--topic", topic, "--source", "app"], input: input)
    #expect(emit.status == .exited(0), "\(emit.errors)")
    let tail = try Program.run([
      "tail", "--brokers", cluster.brokers, "--topic", topic, "--since", "beginning", "--format", "json",
      "--exit-after", "4",
    ])
    #expect(tail.status == .exited(0), "\(tail.errors)")
    let objects = try tail.output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(
      objects.map { $0["message"] as? String } == [
        "first line", "an object", "\"quoted\" \\ line", "last without an end",
      ])
    #expect(objects.allSatisfy { $0["source"] as? String == "app" && $0["timestamp"] != nil })
    #expect((objects[1]["code"] as? NSNumber)?.intValue == 7)
  }

  @Test("tail ends when nobody reads its output any more", arguments: [TestCluster.Kind.mock])
  func closedPipe(_ kind: TestCluster.Kind) throws {
    let cluster = try TestCluster.open(kind)
    let topic = try cluster.createTopic()
    let writer = try TopicWriter(on: cluster.brokers)
    for number in 0..<10_000 {
      try writer.write("{\"message\":\"line \(number) \(String(repeating: "x", count: 100))\"}", to: topic)
    }
    try writer.flush()
    let child = try Subprocess(
      "/bin/sh",
      [
        "-c", "\"$0\" tail --brokers \"$1\" --topic \"$2\" --since beginning --format json | head -n 1", Program.path,
        cluster.brokers, topic,
      ])
    #expect(try child.waitForExit() == .exited(0))
    #expect(child.output.lines.count == 1)
  }

  @Test("tail shows matching records, without colours in a pipe", arguments: [TestCluster.Kind.mock])
  func matches(_ kind: TestCluster.Kind) throws {
    let cluster = try TestCluster.open(kind)
    let topic = try cluster.createTopic()
    let writer = try TopicWriter(on: cluster.brokers)
    for host in ["web-1", "db-1", "web-2", "db-2"] {
      try writer.write("{\"host\":\"\(host)\",\"cpu_usage\":1}", to: topic)
    }
    try writer.flush()
    let tail = try Program.run([
      "tail", "--brokers", cluster.brokers, "--topic", topic, "--since", "beginning", "--match", "host=db-*",
      "--exit-after", "2",
    ])
    #expect(tail.status == .exited(0), "\(tail.errors)")
    #expect(tail.output.contains("db-1") && tail.output.contains("db-2") && !tail.output.contains("web"))
    #expect(!tail.output.contains("\u{1b}"))
  }

  @Test("the fleet of simulate is the same for the same seed", arguments: [TestCluster.Kind.mock])
  func simulate(_ kind: TestCluster.Kind) throws {
    let cluster = try TestCluster.open(kind)
    let topics = try [cluster.createTopic(), cluster.createTopic()]
    for topic in topics {
      let run = try Program.run([
        "simulate", "--brokers", cluster.brokers, "--topic", topic, "--hosts", "5", "--rate", "1000", "--count", "100",
        "--seed", "7",
      ])
      #expect(run.status == .exited(0), "\(run.errors)")
    }
    let both = try topics.map { topic in
      try TopicReader(topic, on: cluster.brokers).readToEnd().map { record in
        let object = try record.object
        return [
          record.key ?? "", "\(object["cpu_usage"] ?? "")", "\(object["memory_usage"] ?? "")",
          "\(object["sequence"] ?? "")",
        ]
      }
    }
    #expect(both[0].count == 100)
    #expect(both[0] == both[1])
  }
}
