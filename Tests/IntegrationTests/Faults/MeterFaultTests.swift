import Foundation
import Kafka
import Platform
import TestSupport
import Testing

/// Runs only if requested (`make faults-streams`). `STATUSD_METER_FAULTS` is the number of records.
@Suite("faults of brokers and meters don't change the readings", .serialized, .waits)
struct MeterFaultTests {
  private static let partitions = 12
  private static let rounds = 60

  @Test(
    "each record is in one reading, and each second has one", .needsKafka,
    .enabled(if: environment("STATUSD_METER_FAULTS") != nil, "make faults-streams runs it"))
  func conservation() throws {
    let count = environment("STATUSD_METER_FAULTS").flatMap { Int($0) } ?? 5_000_000
    let cluster = try TestCluster.own(settings: ["controlled.shutdown.enable=false"])
    let broker = try #require(cluster.broker)
    let site = try Site(cluster, makesTopics: true)
    let topic = try site.cluster.createTopic(partitions: Self.partitions)
    site.extra["topics"] = "streams = \"\(uniqueName("streams"))\""
    site.extra["run"] = "instance = \"${INSTANCE}\""
    try site.configure(
      rules: """
        [meter]
        group = "\(uniqueName("meters"))"
        [[stream]]
        name = "orders"
        topics = ["\(topic)"]
        format = "none"
        """)
    func start(_ name: String) throws -> Subprocess { try site.run("meter", environment: ["INSTANCE": name]) }

    var meters = [try start("one"), try start("two")]
    var third: Subprocess?
    let readings = try TopicReader(site.readings, on: broker.address)
    _ = try readings.next { $0.key == "orders" }
    let writer = try TopicWriter(on: broker.address)
    let value = Array(String(repeating: "x", count: 100).utf8)
    for round in 0..<Self.rounds {
      for number in 0..<(count / Self.rounds) {
        try writer.write(value, to: topic, partition: Int32(number % Self.partitions))
      }
      try writer.flush(within: 120)
      if round % 6 == 2 {
        let place = round / 6 % 2
        meters[place].signal(SIGKILL)
        _ = try meters[place].waitForExit(within: 10)
        meters[place] = try start(place == 0 ? "one" : "two")
      }
      switch round {
      case 10: third = try start("three")
      case 21, 43:
        try broker.kill()
        try broker.restart()
      case 50:
        try third?.endWell()
        third = nil
      default: break
      }
    }
    // What brokers have, whatever the producer sent twice.
    let asker = try Producer(Configuration(brokers: broker.address), log: Logger(output: CapturedLog()))
    let ends = try asker.highWatermarks(
      of: (0..<Int32(Self.partitions)).map { TopicPartition(topic, $0) }, within: .seconds(30))
    _ = asker.close(by: SystemTime().monotonic + .seconds(1))
    let expected = ends.reduce(0) { $0 + Int($1 ?? 0) }
    #expect(expected >= count / Self.rounds * Self.rounds)

    let reader = try TopicReader(site.readings, on: broker.address)
    var all: [[String: Any]] = []
    var sum = 0
    let deadline = SystemTime().monotonic + .seconds(300)
    // Some more, for whatever would be counted twice comes with the next ones.
    var more = 5
    while more > 0, SystemTime().monotonic < deadline {
      let reading = try reader.next { $0.key == "orders" }.object
      all.append(reading)
      sum += reading["records"] as? Int ?? 0
      if sum >= expected { more -= 1 }
    }
    print(
      "faults of meters: \(expected) records in the log, \(sum) told in \(all.count) readings; "
        + "\(all.reduce(0) { $0 + ($1["late_records"] as? Int ?? 0) }) of them late")
    #expect(sum == expected)
    let times = try all.map { try #require(WallTime(rfc3339: $0["timestamp"] as? String ?? "")).milliseconds }
    let gaps = zip(times, times.dropFirst()).filter { $1 - $0 != 1000 }
    #expect(gaps.isEmpty)
    for meter in meters { try meter.endWell() }
  }
}
