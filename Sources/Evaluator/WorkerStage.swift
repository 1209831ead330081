import Platform
import Records

/// What a worker does with the records of its partitions, and what it remembers of them. The worker has everything else:
/// membership and fencing, the changelog, deliveries and their retries, the timers.
///
/// A stage does no I/O and has no clock: it is told the time, and lent the log for a question. What it makes stands in the
/// outbox, and is delivered in one transaction with the state behind it and the positions that it was made at. State may
/// be ahead of what is delivered: the outbox keeps what it caused. If nobody can say what became of a delivery, the worker
/// removes the partitions, and restores them.
package protocol WorkerStage: ~Copyable, LogReceiver {
  /// What the stage is told to do: from a file, and by another one after a reload.
  associatedtype Orders: WorkerOrders

  init(_ plan: WorkerPlan, _ orders: Orders)

  /// What this stage and its worker have counted.
  var numbers: EvaluatorNumbers { get set }

  // MARK: Time and records

  /// Said before each batch, and before anything that the clock decides.
  mutating func setClock(_ now: MonotonicTime, wall: WallTime)

  /// What the last records, orders or questions caused goes into the outbox, and what people should read into the log.
  mutating func collect(into outbox: inout Outbox, _ voice: inout WorkerVoice)

  /// How far the Kafka time of the last record of some partition is ahead of the wall clock; nil if of none.
  var aheadOfClock: Duration? { get }

  /// Goes on with other orders.
  mutating func take(_ orders: Orders)

  // MARK: Partitions

  /// The keys of the changelog for a partition.
  func scope(of partition: LogPartition) -> ChangelogScope

  /// Holds a partition from now on, whose changelog is read: with the state that stands there, from where its records are
  /// to be evaluated. Starts its records.
  ///
  /// - Returns: nil if the worker may not read the partition.
  mutating func begin<Log: EvaluatorLog & ~Copyable>(
    _ restoration: Restoration, in log: inout Log, at time: any TimeSource, until deadline: MonotonicTime,
    _ voice: inout WorkerVoice
  ) throws(LogFailure) -> StageBeginning?

  /// The log doesn't have this position of a partition: goes on from where it has records.
  mutating func replace<Log: EvaluatorLog & ~Copyable>(
    _ misplaced: LogPosition, in log: inout Log, until deadline: MonotonicTime, _ voice: inout WorkerVoice
  ) throws(LogFailure)

  /// Holds these partitions no longer.
  mutating func remove(_ partitions: [LogPartition])

  /// The partitions that are held.
  var held: [LogPartition] { get }

  /// Where the partitions are whose records are evaluated.
  var livePositions: [LogPosition] { get }

  /// How many records of the partitions held are still to come; nil if none is held, or if the log doesn't know.
  func lag<Log: EvaluatorLog & ~Copyable>(in log: inout Log) -> Int64?

  /// The stage must know how many partitions its topics have.
  var wantsPartitionCounts: Bool { get }

  /// Asks for these counts.
  mutating func countPartitions<Log: EvaluatorLog & ~Copyable>(
    in log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure)

  // MARK: Ends

  /// Partitions whose ends are to be asked for: once everything before an end is read, it is known what didn't come.
  var endsToAsk: [LogPartition] { get }

  /// Brokers said, when they were asked at `asked` (milliseconds of the stage's clock) or a little later, that a partition
  /// ends at `end`.
  mutating func note(end: Int64, of partition: LogPartition, asked: Int64)

  /// Everything before an end that was asked for is read.
  var hasReadAskedEnd: Bool { get }

  /// Judges what follows from ends that are read.
  mutating func attend()

  /// The worker heard nothing for a while, of this partition or (nil) of any: nothing follows from what didn't come.
  mutating func wasAway(from partition: LogPartition?)

  /// When something may follow from what didn't come, milliseconds of the stage's clock; nil if nothing is waited for.
  var nextSilence: Int64? { get }

  // MARK: Deliveries

  /// Partitions whose position moved, or of which something must be said at once.
  var uncommitted: [LogPosition] { get }

  /// Whether there are any. Asked in each turn.
  var hasUncommitted: Bool { get }

  /// State is overdue that the last delivery had no room for.
  var hasOverdueState: Bool { get }

  /// Something changed that isn't written down yet.
  var hasUnwrittenState: Bool { get }

  /// Writes into the outbox the state that goes along with it.
  ///
  /// - Parameter everything: all that isn't written down yet is due.
  /// - Returns: the positions to be committed with it.
  mutating func writeState(into outbox: inout Outbox, everything: Bool) -> [LogPosition]

  /// These positions are committed, with everything that went along.
  mutating func committed(_ positions: [LogPosition])

  /// All that was counted, with what is held now.
  var totals: EvaluatorNumbers { get }
}

/// What a stage is told to do.
package protocol WorkerOrders: Sendable {
  /// How many rules, or the like, there are.
  var count: Int { get }

  /// The most bytes that they take as a record of the changelog.
  func greatestStoredSize(instance: String) -> Int
}

/// Where a partition begins.
package struct StageBeginning {
  /// Records from here on are evaluated.
  var position: Int64
  /// Nothing of the partition was ever evaluated: its position is committed at once.
  var isNew: Bool
}
