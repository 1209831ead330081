import Foundation
import TestSupport
import Testing

@Suite("statusd simulate", .waits)
struct SimulateTests {
  private func values(_ cluster: TestCluster, seed: String) throws -> [String?] {
    let topic = try cluster.createTopic()
    let ended = try Program.run([
      "simulate", "--brokers", cluster.brokers, "--topic", topic, "--hosts", "7", "--rate", "100000", "--count", "100",
      "--seed", seed, "--interval", "1s", "--start", "2026-11-20T12:00:00Z",
    ])
    #expect(ended.status == .exited(0))
    #expect(ended.errors.contains("100 records in "))
    let reader = try TopicReader(topic, on: cluster.brokers)
    let records = try (0..<100).map { _ in try reader.next() }
    #expect(try records.allSatisfy { try $0.key == $0.object["host"] as? String })
    return records.map(\.value)
  }

  @Test("the same seed gives the same bytes, another seed gives others")
  func deterministic() throws {
    let cluster = try TestCluster.open(.mock)
    let first = try values(cluster, seed: "5")
    #expect(try values(cluster, seed: "5") == first)
    #expect(try values(cluster, seed: "6") != first)
  }

  @Test(
    "times outside the years 1 to 9999 are refused before anything is sent",
    arguments: [
      (["--interval", "1d", "--count", "9223372036854775807"], "before the year 1"),
      (["--interval", "1d", "--count", "1000000"], "before the year 1"),
      (["--interval", "1d", "--count", "9223372036854775807", "--start", "2026-11-20T12:00:00Z"], "the year 9999"),
      (["--interval", "1d", "--count", "2", "--start", "9999-12-31T12:00:00Z"], "after the year 9999"),
    ])
  func impossibleTimes(_ options: [String], _ reason: String) throws {
    let ended = try Program.run(["simulate", "--brokers", "127.0.0.1:1", "--hosts", "1", "--rate", "1"] + options)
    #expect(ended.status == .exited(64))
    #expect(ended.errors.contains(reason))
  }

  @Test("it keeps its rate, and after a signal everything is delivered")
  func rate() throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    let begin = Date()
    let fleet = try Program.start([
      "simulate", "--brokers", cluster.brokers, "--topic", topic, "--hosts", "2", "--rate", "50",
    ])
    let reader = try TopicReader(topic, on: cluster.brokers)
    for _ in 0..<50 { _ = try reader.next() }
    #expect(Date().timeIntervalSince(begin) > 0.9)
    fleet.signal(SIGINT)
    #expect(try fleet.waitForExit(within: 10) == .exited(0))
    #expect(!fleet.errors.text.contains("not delivered"))
  }
}
