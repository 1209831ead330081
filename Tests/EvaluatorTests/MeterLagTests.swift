import Platform
import Records
import SimulatedKafka
import Streams
import TestSupport
import Testing

@testable import Evaluator

/// Meters without streams, which watch groups on a simulated cluster.
@Suite("A meter that watches groups")
struct MeterLagTests {
  /// Workers of one group, with one consumer group `billing` of one topic.
  private struct Bench: ~Copyable {
    let time = ManualTime(wall: WallTime(milliseconds: 1_800_000_000_000))
    let cluster: SimulatedCluster
    let state = Groups()
    var worker: Worker<SimulatedLog, Metering>
    private(set) var member: SimulatedMember
    private(set) var share: WorkerShare<StreamOrders>

    /// What brokers say.
    final class Groups {
      var position: Int64 = 10
      var end: Int64 = 10
      var isThere = true
      var isSilent = false
    }

    static let lag = LagOrders(groups: ["^.*"], interval: .seconds(10), stalledAfter: .seconds(30), ownGroups: [])

    init(partitions: Int32 = 2, _ lag: LagOrders? = Bench.lag) throws {
      let cluster = SimulatedCluster(time: time, partitions: partitions)
      cluster.marksAtOnce = true
      cluster.deliveryTimes = DeliveryTimes(append: .milliseconds(3), commit: .milliseconds(4))
      let (state, time) = (state, time)
      cluster.answers = { Self.answer($0, state, time.wall.milliseconds) }
      self.cluster = cluster
      member = cluster.join("one")
      share = try WorkerShare<StreamOrders>()
      worker = Self.worker(cluster, member, share, lag)
      cluster.group.giveOutFree()
    }

    private static func worker(
      _ cluster: SimulatedCluster, _ member: SimulatedMember, _ share: WorkerShare<StreamOrders>, _ lag: LagOrders?
    ) -> Worker<SimulatedLog, Metering> {
      Worker(
        log: SimulatedLog(cluster, member, longestWait: .milliseconds(100)),
        orders: StreamOrders([], ownTopics: [], lag: lag),
        plan: WorkerPlan(
          topics: ["statusd-streams"], group: "monitor_group", instance: member.name, commitInterval: .milliseconds(20)),
        share: share, heartbeat: Heartbeat(name: "m", allowedSilence: .seconds(10), now: cluster.time.monotonic),
        logger: Logger(level: .critical, output: CapturedLog()), time: cluster.time)
    }

    private static func answer(_ question: ClusterQuestion, _ state: Groups, _ now: Int64) -> ClusterAnswer? {
      if state.isSilent { return nil }
      switch question {
      case .overview:
        let view = GroupView(members: 1, word: "Stable", topics: ["t"])
        return .overview(
          ClusterOverview(
            cluster: ClusterReading(brokers: [1], partitions: []), groups: state.isThere ? ["billing": view] : [:],
            hasAllGroups: true))
      case .positions:
        let lane = GroupAnswer.Lane(
          StreamPartition("t", 0), committed: state.position, logStart: 0, highWatermark: state.end)
        return .positions(state.isThere ? ["billing": [lane]] : [:])
      case .firstRecords(let places): return .firstRecords(Dictionary(places.map { ($0, .record(time: now)) }) { $1 })
      }
    }

    mutating func run(_ seconds: Int64) {
      let end = time.wall.milliseconds + seconds * 1000
      while time.wall.milliseconds < end {
        worker.turn()
        time.advance(by: .milliseconds(10))
      }
    }

    /// Dies; another one takes its place.
    mutating func replace(_ lag: LagOrders? = Bench.lag) throws {
      member.isDead = true
      cluster.group.expel(member, isTold: false)
      member = cluster.join("two")
      share = try WorkerShare<StreamOrders>()
      worker = Self.worker(cluster, member, share, lag)
      cluster.group.giveOutFree()
    }

    /// The committed readings of a subject, as they are written.
    func readings(_ subject: String) -> [String] {
      SimulatedCluster.lines(cluster.alerts).filter { $0.key == subject }.map(\.value)
    }

    /// The newest record of the group's state in partition 0; nil if there is none, empty for a tombstone.
    var stored: [UInt8]? {
      let scope = ChangelogScope(group: "monitor_group", topic: "statusd-streams")
      return cluster.changelog[0].committed.last { entry in
        (entry.key ?? []).withUnsafeBytes { (try? scope.read($0)) == .group(Array("billing".utf8)) }
      }.map { $0.value ?? [] }
    }
  }

  @Test("each interval there are readings of the group, its topic, the cluster and the meter's own deliveries")
  func tells() throws {
    var bench = try Bench()
    bench.run(35)
    for subject in ["group/billing", "group/billing/t", "kafka"] {
      #expect((3...4).contains(bench.readings(subject).count), "\(subject)")
    }
    #expect(bench.readings("kafka@one").last?.contains(#""append_ms":3,"commit_ms":4"#) == true)
    #expect(bench.readings("group/billing").first?.contains("progress") == false)
    bench.state.position = 12
    bench.state.end = 15
    bench.run(11)
    let last = try #require(bench.readings("group/billing").last)
    #expect(last.contains(#""state":"ok","lag":3"#))
    #expect(last.contains(#""progress":2"#))
  }

  @Test("a successor goes on with the group's state, which is in the transaction of its readings")
  func handover() throws {
    var bench = try Bench()
    bench.run(25)
    let count = bench.readings("group/billing").count
    bench.state.position = 20
    bench.state.end = 20
    try bench.replace()
    bench.run(15)
    let after = bench.readings("group/billing").dropFirst(count)
    #expect(after.first?.contains("progress") == false)
    #expect(after.first?.contains("state") == false)
    #expect(after.count == 2)
    #expect(after.last?.contains(#""progress":0"#) == true)
  }

  @Test("a delivery that is aborted tells its readings once, with the state that belongs to them")
  func aborted() throws {
    var bench = try Bench()
    bench.run(15)
    var failures = 0
    bench.cluster.faults = { call, _ in
      guard call == .commit, failures < 2 else { return nil }
      failures += 1
      return .fails(.deliverAgain)
    }
    bench.run(20)
    let times = bench.readings("group/billing").map { $0.prefix(43) }
    #expect(Set(times).count == times.count)
    #expect((3...4).contains(times.count))
  }

  @Test("the state of a group that is gone is deleted")
  func gone() throws {
    var bench = try Bench()
    bench.run(15)
    #expect(bench.stored?.isEmpty == false)
    bench.state.isThere = false
    bench.run(12)
    #expect(bench.stored == [])
    let count = bench.readings("group/billing").count
    bench.run(20)
    #expect(bench.readings("group/billing").count == count)
  }

  @Test("only the owner of partition 0 asks, and stops when the partition goes")
  func owner() throws {
    var bench = try Bench()
    bench.run(12)
    #expect(bench.member.asks)
    let other = bench.cluster.join("other")
    bench.cluster.group.move(0, to: other)
    bench.run(15)
    let count = bench.readings("kafka").count
    bench.run(25)
    #expect(!bench.member.asks)
    #expect(bench.readings("kafka").count == count)
  }

  @Test("a reload begins and ends the questions")
  func reload() throws {
    var bench = try Bench(nil)
    bench.run(15)
    #expect(!bench.member.asks)
    bench.share.offer(StreamOrders([], ownTopics: [], lag: Bench.lag))
    bench.run(15)
    #expect(bench.readings("group/billing").count == 2)
    bench.share.offer(StreamOrders([], ownTopics: []))
    bench.run(15)
    #expect(bench.readings("group/billing").count == 2)
    #expect(!bench.member.asks)
  }

  @Test("a silent cluster keeps no delivery back")
  func silent() throws {
    var bench = try Bench()
    bench.state.isSilent = true
    bench.run(5)
    let before = bench.cluster.changelog[0].end
    bench.run(60)
    #expect(bench.cluster.changelog[0].end - before > 50)
    bench.state.isSilent = false
    bench.run(45)
    #expect(bench.readings("group/billing").count >= 1)
  }

  @Test("a state that can't be read is said, and the group is seen for the first time")
  func damaged() throws {
    var bench = try Bench()
    bench.run(15)
    let scope = ChangelogScope(group: "monitor_group", topic: "statusd-streams")
    var key = BinaryWriter()
    Array("billing".utf8).withUnsafeBytes { scope.writeGroupKey(of: $0, to: &key) }
    bench.cluster.appendToChangelog(key: key.bytes, value: [1, 2, 3])
    try bench.replace()
    bench.run(5)
    #expect(bench.share.numbers.unusableCheckpoints == 1)
    #expect(bench.readings("group/billing").count >= 2)
  }
}
