import Evaluator
import Platform
import Records
import Rules
import SimulatedKafka
import TestSupport

@testable import Evaluator

/// A worker on a simulated cluster, with clocks that move only by waiting. Transaction markers are in all partitions as
/// soon as a transaction ends.
struct WorkerBench: ~Copyable {
  let time = ManualTime()
  let cluster: SimulatedCluster
  let log = CapturedLog()
  let heartbeat: Heartbeat
  private(set) var share: WorkerShare<SourceRules>
  private(set) var member: SimulatedMember
  var worker: Worker<SimulatedLog, Evaluation>
  private let planted = PlantedFaults()
  var plan: WorkerPlan
  private let isTransactional: Bool
  /// See `SimulatedLog`.
  private let longestWait: Duration?

  init(
    _ rules: [Rule] = [.cpuHigh], partitions: Int32 = 1, isTransactional: Bool = true,
    checkpointInterval: Duration = .seconds(60), ownTopic: Int? = nil, longestWait: Duration? = nil,
    since: WallTime = WallTime(milliseconds: 0)
  ) throws {
    let cluster = SimulatedCluster(time: time, partitions: partitions)
    cluster.marksAtOnce = true
    cluster.journal = []
    let planted = planted
    cluster.faults = { call, _ in planted.next(call) }
    self.cluster = cluster
    self.isTransactional = isTransactional
    self.longestWait = longestWait
    plan = WorkerPlan(
      topics: ["status_topic"], group: "group", instance: "here", checkpointInterval: checkpointInterval)
    plan.since = since
    plan.ownTopic = ownTopic
    heartbeat = Heartbeat(name: "evaluator", allowedSilence: .seconds(10), now: time.monotonic)
    share = try WorkerShare<SourceRules>()
    member = cluster.join("here")
    worker = Self.worker(cluster, member, rules, plan, share, log, heartbeat, isTransactional, longestWait)
  }

  private static func worker(
    _ cluster: SimulatedCluster, _ member: SimulatedMember, _ rules: [Rule], _ plan: WorkerPlan,
    _ share: WorkerShare<SourceRules>,
    _ log: CapturedLog, _ heartbeat: Heartbeat, _ isTransactional: Bool,
    _ longestWait: Duration?
  ) -> Worker<SimulatedLog, Evaluation> {
    Worker(
      log: SimulatedLog(cluster, member, isTransactional: isTransactional, longestWait: longestWait),
      orders: SourceRules(RuleSet(rules)), plan: plan,
      share: share, heartbeat: heartbeat,
      logger: Logger(level: .debug, output: log), time: cluster.time)
  }

  /// The process dies, and another one with the name `instance` takes its place and gets all partitions.
  mutating func restart(_ rules: [Rule] = [.cpuHigh], as instance: String = "here") throws {
    plan.instance = instance
    member.isDead = true
    cluster.group.expel(member, isTold: false)
    share = try WorkerShare<SourceRules>()
    member = cluster.join("here")
    worker = Self.worker(cluster, member, rules, plan, share, log, heartbeat, isTransactional, longestWait)
    cluster.group.giveOutFree()
  }

  /// The process dies and restarts before the group has noticed.
  mutating func comeBack(_ rules: [Rule] = [.cpuHigh]) throws {
    member.isDead = true
    share = try WorkerShare<SourceRules>()
    member = cluster.newMember("here")
    worker = Self.worker(cluster, member, rules, plan, share, log, heartbeat, isTransactional, longestWait)
  }

  /// Sets a position that an evaluator of the group has committed without state in the changelog.
  func committedByStatusd(_ partition: Int32, _ position: Int64) {
    cluster.group.committed[partition] = position
    cluster.group.since[partition] = WallTime(milliseconds: 0)
  }

  /// Sets a position that another program has committed.
  func committedByStranger(_ partition: Int32, _ position: Int64) {
    cluster.group.committed[partition] = position
    cluster.group.since[partition] = nil
  }

  /// The Kafka time of the record at this offset.
  func time(of offset: Int64, in partition: Int32 = 0) -> WallTime {
    let entry = cluster.source[Int(partition)].committed.first { $0.offset == offset }
    return WallTime(milliseconds: entry?.kafkaTime ?? -1)
  }

  /// See `WorkerPlan.ownTopic`. Takes effect at the next restart.
  var ownTopic: Int? {
    get { plan.ownTopic }
    set { plan.ownTopic = newValue }
  }

  func assign(_ partitions: Int32...) { for number in partitions { cluster.group.move(number, to: member) } }

  /// The group revokes partitions; with `lost` it has already given them away.
  func revoke(_ partitions: Int32..., lost: Bool = false) {
    member.events.append(.revoked(partitions.map { LogPartition(topic: 0, number: $0) }, lost: lost))
  }

  /// Plants a fault in the next call of this kind, after the faults planted before and `count` calls without a fault.
  func fail(_ call: SimulatedCall, _ fault: SimulatedFault, after count: Int = 0) {
    planted.faults[call, default: []] += Array(repeating: nil, count: count) + [fault]
  }

  /// The alerts topic as readers of committed records see it.
  var alerts: [(key: String, value: String)] { SimulatedCluster.lines(cluster.alerts) }

  /// The firing alerts according to alerts-current.
  var current: [String: String] {
    var current: [String: String] = [:]
    for entry in cluster.alertsCurrent.committed {
      current[String(decoding: entry.key ?? [], as: UTF8.self)] = entry.value.map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    return current
  }

  var committed: [Int32: Int64] { cluster.group.committed }

  var journal: [SimulatedCluster.Entry] { cluster.journal ?? [] }

  /// Runs this many turns of the worker's loop.
  mutating func settle(turns: Int = 50) {
    for _ in 0..<turns { worker.turn() }
  }

  var numbers: EvaluatorNumbers { share.numbers }

  /// Appends a record at the simulated log's time with this `cpu_usage`.
  mutating func sample(_ cpu: Double, host: String = "web-1", to partition: Int32 = 0, after: Duration = .seconds(1)) {
    time.advance(by: after)
    append(#"{"timestamp":"\#(time.wall.rfc3339)","host":"\#(host)","cpu_usage":\#(cpu)}"#, key: host, to: partition)
  }

  /// Appends a record with this second of its host's clock, which is behind. So waiting doesn't change its time.
  mutating func sample(_ cpu: Double, second: Int64) {
    append(#"{"timestamp":\#(1_767_000_000 + second),"host":"web-1","cpu_usage":\#(cpu)}"#)
  }

  /// Appends a record.
  func append(
    _ value: String?, key: String? = "web-1", to partition: Int32 = 0, kafkaTime: Int64? = nil,
    isLogAppendTime: Bool = true
  ) {
    cluster.append(
      key: key.map { Array($0.utf8) }, value: value.map { Array($0.utf8) }, to: partition, kafkaTime: kafkaTime,
      isLogAppendTime: isLogAppendTime)
  }
}

/// The planted faults of each kind of call, the next one first.
private final class PlantedFaults {
  var faults: [SimulatedCall: [SimulatedFault?]] = [:]

  func next(_ call: SimulatedCall) -> SimulatedFault? {
    guard var planted = faults[call], !planted.isEmpty else { return nil }
    let fault = planted.removeFirst()
    faults[call] = planted
    return fault
  }
}

extension SimulatedCluster {
  static func lines(_ partition: SimulatedPartition) -> [(key: String, value: String)] {
    partition.committed.map {
      (String(decoding: $0.key ?? [], as: UTF8.self), String(decoding: $0.value ?? [], as: UTF8.self))
    }
  }
}

extension Rule {
  /// Fires at once above 90.
  static var cpuHigh: Rule {
    Rule(name: "cpu-high", metric: "cpu_usage", side: .above, limits: Limits(critical: 90))
  }
}
