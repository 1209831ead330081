import Foundation
import Platform
import Records
import SimulatedKafka
import Streams
import Testing

@testable import Evaluator

@Suite("When a meter tells an interval")
struct MeterTimingTests {
  private static let epoch: Int64 = 1_767_225_600_000

  /// A reading: the end of its interval, when it was appended, how many records it has.
  private struct Told: Decodable {
    var timestamp: String
    var records: Int
    var late_records: Int?
  }

  private static func worker(_ cluster: SimulatedCluster, _ time: ManualTime) throws -> Worker<SimulatedLog, Metering> {
    var definition = StreamDefinition(name: "one", topics: [.name("a")])
    definition.format = .none
    return Worker<SimulatedLog, Metering>(
      log: SimulatedLog(cluster, cluster.newMember("meter")), orders: StreamOrders([definition], ownTopics: []),
      plan: WorkerPlan(
        topics: ["statusd-streams"], group: "monitor_group", instance: "meter", commitInterval: .milliseconds(20)),
      share: try WorkerShare<StreamOrders>(),
      heartbeat: Heartbeat(name: "meter", allowedSilence: .seconds(10), now: time.monotonic),
      logger: Logger(level: .critical, output: CapturedLines()), time: time)
  }

  private static func cluster(_ time: ManualTime, partitions: Int = 2) -> SimulatedCluster {
    let cluster = SimulatedCluster(time: time, topics: [1])
    cluster.marksAtOnce = true
    cluster.makeStream("a", partitions: partitions)
    return cluster
  }

  /// The end of each interval that was told, in milliseconds, with when it was appended, its records and how many of
  /// them were late.
  private static func told(_ cluster: SimulatedCluster) throws -> [(end: Int64, at: Int64, records: Int, late: Int)] {
    try cluster.alerts.committed.map { entry in
      let told = try JSONDecoder().decode(Told.self, from: Data(entry.value ?? []))
      let end = try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(told.timestamp)
      return (
        Int64((end.timeIntervalSince1970 * 1000).rounded()), entry.kafkaTime, told.records, told.late_records ?? 0
      )
    }
  }

  @Test("an interval without records is told as soon after its end as one with records")
  func quiet() throws {
    let time = ManualTime(wall: WallTime(milliseconds: Self.epoch))
    let cluster = Self.cluster(time)
    var worker = try Self.worker(cluster, time)
    cluster.group.giveOutFree()
    var written = 0
    while time.wall.milliseconds < Self.epoch + 40_000 {
      worker.turn()
      cluster.group.giveOutFree()
      // Records in some seconds, none in others.
      let now = time.wall.milliseconds - Self.epoch
      if now > 5000, now / 1000 % 3 == 0, written < now / 100 {
        cluster.append(toStream: 0, 0, kafkaTime: time.wall.milliseconds, isLogAppendTime: true)
        written = Int(now / 100)
      }
    }
    var delays: [Bool: [Int64]] = [:]
    for (end, at, records, _) in try Self.told(cluster).dropFirst() {
      delays[records > 0, default: []].append(at - end)
    }
    #expect(delays[true]?.count ?? 0 >= 4)
    #expect(delays[false]?.count ?? 0 >= 8)
    #expect(delays.values.allSatisfy { $0.allSatisfy { (250...600).contains($0) } }, "\(delays)")
  }

  @Test("no interval of a long backlog is lost while brokers take their time for a delivery")
  func backlog() throws {
    let time = ManualTime(wall: WallTime(milliseconds: Self.epoch))
    let cluster = Self.cluster(time)
    var worker = try Self.worker(cluster, time)
    cluster.group.giveOutFree()
    while try Self.told(cluster).count < 3, time.wall.milliseconds < Self.epoch + 60_000 {
      worker.turn()
      cluster.group.giveOutFree()
    }
    // More intervals than are told in one delivery.
    time.advance(by: .seconds(350))
    cluster.expireTransactions()
    var turns = 0
    while try Self.told(cluster).count < 340, turns < 5000 {
      cluster.isSilent = turns % 5 != 0
      worker.turn()
      time.advance(by: .milliseconds(1))
      cluster.group.giveOutFree()
      turns += 1
    }
    let ends = try Self.told(cluster).map(\.end)
    #expect(ends.count >= 340)
    #expect(zip(ends, ends.dropFirst()).allSatisfy { $1 - $0 == 1000 }, "\(ends)")
  }

  @Test("a partition that must wait for its turn among others isn't passed over, however slow brokers are")
  func crowded() throws {
    let time = ManualTime(wall: WallTime(milliseconds: Self.epoch))
    let cluster = Self.cluster(time, partitions: 12)
    cluster.batch = 5
    var worker = try Self.worker(cluster, time)
    cluster.group.giveOutFree()
    while try Self.told(cluster).count < 3, time.wall.milliseconds < Self.epoch + 60_000 {
      worker.turn()
      cluster.group.giveOutFree()
    }
    let written = time.wall.milliseconds
    for partition in 0..<12 {
      for _ in 0..<20 { cluster.append(toStream: 0, partition, kafkaTime: written, isLogAppendTime: true) }
    }
    var turns = 0
    while try Self.told(cluster).reduce(0, { $0 + $1.records }) < 240, turns < 500 {
      worker.turn()
      time.advance(by: .milliseconds(700))
      cluster.group.giveOutFree()
      turns += 1
    }
    let told = try Self.told(cluster).filter { $0.records > 0 }
    #expect(told.map(\.records) == [240], "\(told)")
    #expect(told.allSatisfy { $0.late == 0 && $0.end - 1000 <= written && written < $0.end }, "\(told)")
  }
}

private struct CapturedLines: LogOutput {
  func write(_ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata) {}
}
