import Platform
import Records

/// A stage whose group's topic only shares things out among workers, and keeps their states: streams, or receivers. What
/// it reads are other topics, and it delivers at the pace of the brokers' clock, which each delivery tells.
package protocol ClockedStage: ~Copyable, WorkerStage {
  var plan: WorkerPlan { get }
  var now: MonotonicTime { get }
  var clock: BrokerClock { get set }
  /// The partitions that are held, each with the number of its deliveries so far.
  var deliveries: [LogPartition: Int64] { get set }
  /// How many partitions the topic has.
  var partitionCount: Int32 { get set }
  /// When the next delivery is due; nil if no partition is held.
  var nextTick: MonotonicTime? { get }
}

extension ClockedStage where Self: ~Copyable {
  package func scope(of partition: LogPartition) -> ChangelogScope {
    ChangelogScope(group: plan.group, topic: plan.topics[0])
  }

  package var held: [LogPartition] { deliveries.keys.sorted() }

  /// The partition that something belongs to, by a hash of its name.
  func home(_ hash: UInt64) -> LogPartition { LogPartition(topic: 0, number: Int32(hash % UInt64(partitionCount))) }

  /// Holds a partition from now on.
  mutating func enter<Log: EvaluatorLog & ~Copyable>(
    _ restoration: Restoration, in log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure) -> StageBeginning {
    let (partition, position) = (restoration.partition, restoration.store.position)
    partitionCount = max(1, try log.partitionCount(ofTopic: partition.topic, until: deadline))
    let count = max(position ?? 0, restoration.committed?.position ?? 0)
    deliveries[partition] = count
    return StageBeginning(position: count, isNew: position == nil)
  }

  // MARK: Deliveries

  package static var tends: Bool { true }
  package var uncommitted: [LogPosition] { hasUncommitted ? positions : [] }
  /// Whether the clock must be asked for: by a delivery.
  package var hasUncommitted: Bool { nextTick.map { $0 <= now } ?? false }
  package var hasOverdueState: Bool { false }
  package var totals: EvaluatorNumbers { numbers }

  private var positions: [LogPosition] { held.map { LogPosition($0, deliveries[$0, default: 0]) } }

  /// Writes the markers of another delivery. Returns the positions to be committed with it.
  mutating func writeMarkers(into outbox: inout Outbox) -> [LogPosition] {
    for partition in held {
      let position = deliveries[partition, default: 0] + 1
      deliveries[partition] = position
      var marker = Marker(position: position, rulesRevision: 0)
      marker.logTime = clock.time ?? -1
      var key = BinaryWriter()
      scope(of: partition).writeMarkerKey(of: partition.number, to: &key)
      outbox.append(stateKeyed: key, of: partition) { marker.write(to: &$0, key: $1) }
    }
    return positions
  }

  /// Notes when the last delivery was appended. Returns false if brokers don't say.
  mutating func tick(_ time: WallTime?, began: MonotonicTime, now: MonotonicTime) -> Bool {
    guard let time else { return deliveries.isEmpty }
    clock.tick(time, began: began, now: now)
    return true
  }

  // MARK: What only the records of the group's own topics need

  package var aheadOfClock: Duration? { nil }
  package var isReplaying: Bool { false }
  package var livePositions: [LogPosition] { [] }
  package func lag<Log: EvaluatorLog & ~Copyable>(in log: inout Log) -> Int64? { nil }
  package var wantsPartitionCounts: Bool { false }
  package mutating func countPartitions<Log: EvaluatorLog & ~Copyable>(
    in log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure) {}
  package mutating func expect(_ record: LogRecord) {}
  package var endsToAsk: [LogPartition] { [] }
  package mutating func note(end: Int64, of partition: LogPartition, asked: Int64) {}
  package var hasReadAskedEnd: Bool { false }
  package mutating func attend() {}
  package mutating func wasAway(from partition: LogPartition?) {}
  package var nextSilence: Int64? { nil }
}
