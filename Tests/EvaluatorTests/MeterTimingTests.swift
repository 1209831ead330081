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
  }

  @Test("an interval without records is told as soon after its end as one with records")
  func quiet() throws {
    let time = ManualTime(wall: WallTime(milliseconds: Self.epoch))
    let cluster = SimulatedCluster(time: time, topics: [1])
    cluster.marksAtOnce = true
    cluster.makeStream("a", partitions: 2)
    var definition = StreamDefinition(name: "one", topics: [.name("a")])
    definition.format = .none
    let member = cluster.newMember("meter")
    var worker = Worker<SimulatedLog, Metering>(
      log: SimulatedLog(cluster, member), orders: StreamOrders([definition], ownTopics: []),
      plan: WorkerPlan(
        topics: ["statusd-streams"], group: "monitor_group", instance: "meter", commitInterval: .milliseconds(20)),
      share: try WorkerShare<StreamOrders>(),
      heartbeat: Heartbeat(name: "meter", allowedSilence: .seconds(10), now: time.monotonic),
      logger: Logger(level: .critical, output: CapturedLines()), time: time)
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
    for entry in cluster.alerts.committed.dropFirst() {
      let told = try JSONDecoder().decode(Told.self, from: Data(entry.value ?? []))
      let end = try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(told.timestamp)
      delays[told.records > 0, default: []].append(
        entry.kafkaTime - Int64((end.timeIntervalSince1970 * 1000).rounded()))
    }
    #expect(delays[true]?.count ?? 0 >= 4)
    #expect(delays[false]?.count ?? 0 >= 8)
    #expect(delays.values.allSatisfy { $0.allSatisfy { (250...600).contains($0) } }, "\(delays)")
  }
}

private struct CapturedLines: LogOutput {
  func write(_ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata) {}
}
