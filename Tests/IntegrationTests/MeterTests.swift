import Foundation
import Kafka
import Platform
import TestSupport
import Testing

@Suite("statusd as a meter", .waits)
struct MeterTests {
  /// A site with a stream, whose meters are configured by one file.
  private final class Streams {
    let site: Site
    let topic: String
    let name = uniqueName("stream")
    let writer: TopicWriter
    let readings: TopicReader
    private var seen: [[String: Any]] = []

    init(partitions: Int, _ stream: String = "format = \"none\"") throws {
      site = try Site(TestCluster.open(.newest), makesTopics: true)
      topic = try site.cluster.createTopic(partitions: partitions)
      site.extra["run"] = "instance = \"${INSTANCE}\""
      site.extra["kafka.properties"] = "\"session.timeout.ms\" = 6000"
      writer = try site.writer()
      readings = try site.readingsReader()
      try site.configure(
        rules: """
          [[stream]]
          name = "\(name)"
          topics = ["\(topic)"]
          \(stream)
          """)
    }

    func start(_ instance: String) throws -> Subprocess {
      try site.run("meter", environment: ["INSTANCE": instance])
    }

    /// Writes records, spread over the partitions.
    func write(_ count: Int, value: String = "{\"message\":\"hello\"}", over partitions: Int) throws {
      for number in 0..<count { try writer.write(value, to: topic, partition: Int32(number % partitions)) }
      try writer.flush()
    }

    /// The next reading of the stream.
    func next(within seconds: Double = 60) throws -> [String: Any] {
      let name = name
      let reading = try readings.next(within: seconds) { $0.key == name }.object
      seen.append(reading)
      return reading
    }

    /// The position in the stream's first partition that other tools see.
    func shownPosition() throws -> Int64 {
      let consumer = try Consumer(
        Configuration(brokers: site.cluster.brokers), options: .init(group: site.meters), log: silent, wakeup: Wakeup())
      return try consumer.committed([TopicPartition(topic, 0)], within: .seconds(30)).first?.offset.rawValue ?? -1
    }

    /// All readings of the stream so far, up to the one with which their `records` reach `count`.
    func readings(upTo count: Int, within seconds: Double = 90) throws -> [[String: Any]] {
      let deadline = SystemTime().monotonic + .seconds(seconds)
      while seen.reduce(0, { $0 + ($1["records"] as? Int ?? 0) }) < count, SystemTime().monotonic < deadline {
        _ = try next()
      }
      return seen
    }
  }

  @Test("each record is in one reading and each second has one, while meters are killed, join and leave", .needsKafka)
  func conservation() throws {
    let streams = try Streams(partitions: 6)
    var first = try streams.start("one")
    try first.waitForLine(containing: "a stream is metered for the first time", on: \.errors, within: 60)
    _ = try streams.next()
    var second: Subprocess?
    var written = 0
    for round in 0..<16 {
      try streams.write(1000, over: 6)
      written += 1000
      switch round {
      case 3, 7, 11:
        first.signal(SIGKILL)
        _ = try first.waitForExit(within: 10)
        first = try streams.start("one")
      case 5: second = try streams.start("two")
      case 13:
        try second?.endWell()
        second = nil
      default: break
      }
      // Records of several seconds.
      _ = try streams.next()
    }
    _ = try streams.readings(upTo: written)
    // Whatever would be counted twice comes with the next readings.
    for _ in 0..<3 { _ = try streams.next() }
    let all = try streams.readings(upTo: written)
    #expect(all.reduce(0) { $0 + ($1["records"] as? Int ?? 0) } == written)
    #expect(all.allSatisfy { $0["lost"] as? Int == 0 && $0["partitions"] as? Int == 6 })
    let ends = try all.map { try #require(WallTime(rfc3339: $0["timestamp"] as? String ?? "")).milliseconds }
    #expect(zip(ends, ends.dropFirst()).allSatisfy { $1 - $0 == 1000 }, "\(ends)")
    try first.endWell()
  }

  @Test("a record is in the reading of its second, with what the definition counts and measures", .needsKafka)
  func counts() throws {
    let streams = try Streams(
      partitions: 1,
      """
      by = "kind"
      [stream.count]
      errors = { field = "message", matches = "(?i)err" }
      slow = { field = "ms", above = 100 }
      [stream.measure]
      ms = ["avg", "max"]
      """)
    let meter = try streams.start("one")
    _ = try streams.next()
    for (message, ms, kind) in [("ok", 50, "a"), ("an ERROR", 150, "b"), ("err", 250, "a")] {
      try streams.write(1, value: "{\"message\":\"\(message)\",\"ms\":\(ms),\"kind\":\"\(kind)\"}", over: 1)
    }
    try streams.write(1, value: "no JSON", over: 1)
    let all = try streams.readings(upTo: 4).filter { $0["records"] as? Int ?? 0 > 0 }
    func sum(_ name: String) -> Int { all.reduce(0) { $0 + ($1[name] as? Int ?? 0) } }
    #expect(sum("records") == 4)
    #expect(sum("invalid") == 1)
    #expect(sum("errors") == 2)
    #expect(sum("slow") == 2)
    #expect(all.compactMap { $0["ms_max"] as? Int }.max() == 250)
    let value = try streams.readings.next { $0.key == "\(streams.name)/b" }.object
    #expect(value["kind"] as? String == "value")
    // A few seconds later other tools see how far the stream is told: each reading is a chance to look.
    let deadline = SystemTime().monotonic + .seconds(30)
    while try streams.shownPosition() != 4, SystemTime().monotonic < deadline { _ = try streams.next() }
    #expect(try streams.shownPosition() == 4)
    try meter.endWell()
  }
}
