import Foundation
import Platform
import TestSupport
import Testing

/// Runs only if requested (`make faults-streams`), because three brokers take a while.
@Suite("one of three brokers is away, and with it a partition", .serialized, .waits)
struct MeterOfflineTests {
  @Test(
    "readings go on without the partition, and without a rate; before and after it they are exact", .needsKafka,
    .enabled(if: environment("STATUSD_METER_FAULTS") != nil, "make faults-streams runs it"))
  func offline() throws {
    let (cluster, nodes) = try TestCluster.own(brokers: 3)
    let site = try Site(cluster)
    // Statusd's topics have three copies, this one has one.
    let topic = try cluster.createTopic(partitions: 3, configuration: [("message.timestamp.type", "LogAppendTime")])
    site.extra["topics"] = "partitions = 1\nreplication = 3"
    try site.configure(
      rules: """
        [[stream]]
        name = "orders"
        topics = ["\(topic)"]
        """)
    let meter = try site.run("meter")
    let readings = try site.readingsReader()
    let writer = try site.writer()
    var audit = ReadingsAudit("orders")
    func load(_ partitions: ClosedRange<Int32>, until isDone: () -> Bool) throws {
      let deadline = SystemTime().monotonic + .seconds(180)
      while !isDone() {
        guard SystemTime().monotonic < deadline else { throw NotAsExpected(description: "\(audit.readings.suffix(5))") }
        for partition in partitions { try writer.write("{}", to: topic, partition: partition) }
        try writer.flush()
        let next = SystemTime().monotonic + .milliseconds(50)
        while SystemTime().monotonic < next {
          guard let record = try readings.poll(for: 0.05) else { continue }
          if record.key == "orders" { try audit.take(record.object) }
        }
      }
    }
    while audit.readings.isEmpty {
      let record = try readings.next(within: 120)
      if record.key == "orders" { try audit.take(record.object) }
    }
    try load(0...2) { audit.readings.count >= 8 }

    var leader: Int32 = -1
    var addresses: [Int32: String] = [:]
    try cluster.administer { admin in
      let described = try admin.describe(topic: topic, within: .seconds(30))
      leader = described.topics.first?.partitions.first?.leader ?? -1
      addresses = described.brokers
    }
    let node = try #require(nodes.first { $0.address == addresses[leader] })
    let went = Site.now
    try node.kill()
    try load(1...2) { audit.readings.count { $0.missing > 0 } >= 20 }
    try node.restart()
    // It is back, and nothing is missing any more for a while.
    try load(0...2) { audit.readings.suffix(5).allSatisfy { $0.missing == 0 } }
    let back = audit.readings.last { $0.missing > 0 }?.end ?? 0
    let end = Site.now
    try load(0...2) { audit.isTold(upTo: end) }

    let log = try AppendTimes(of: topic, partitions: 3, on: cluster.brokers)
    let problems = audit.problems(log, unusual: (went - 1000)...(back + 3000))
    #expect(problems.isEmpty, "\(problems.prefix(20))")
    #expect(audit.readings.allSatisfy { ($0.rate == nil) == ($0.missing > 0) || $0.end <= went - 1000 })
    print(
      "a partition was offline: \(audit.readings.count) readings, \(audit.readings.count { $0.missing > 0 }) without it, "
        + "\(audit.readings.reduce(0) { $0 + $1.late }) records late")
    try meter.endWell()
  }
}
