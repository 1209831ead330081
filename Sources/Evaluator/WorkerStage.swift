import Platform
import Records

/// What a worker does with the records of its partitions, and the state that it keeps of them. The worker does
/// everything else: membership and fencing, the changelog, deliveries and their retries, the timers.
///
/// A stage does no I/O and has no clock: the worker tells it the time, and lends it the log for questions. Its results
/// go into the outbox, and are delivered in one transaction with their state and their source positions. State may be
/// ahead of the deliveries, because the outbox keeps the results. If a delivery's fate is unknown, the worker removes
/// the partitions, and restores them.
package protocol WorkerStage: ~Copyable, LogReceiver {
  /// The instructions of a file; a reload brings new ones.
  associatedtype Orders: WorkerOrders

  init(_ plan: WorkerPlan, _ orders: Orders)

  /// The counters of this stage and its worker.
  var numbers: EvaluatorNumbers { get set }

  // MARK: Time and records

  /// Called before each batch, and before anything that depends on the clock.
  mutating func setClock(_ now: MonotonicTime, wall: WallTime)

  /// Called after a batch behind which the log had no more records for now.
  mutating func hasReadAll()

  /// Moves the results of the last records, orders or answers into the outbox, and logs what people should read.
  mutating func collect(into outbox: inout Outbox, _ voice: inout WorkerVoice)

  /// The most that a partition's last Kafka time is ahead of the wall clock; nil if none is.
  var aheadOfClock: Duration? { get }

  /// Takes other orders in place of the old ones.
  mutating func take(_ orders: Orders)

  // MARK: Partitions

  /// The keys of the changelog for a partition.
  func scope(of partition: LogPartition) -> ChangelogScope

  /// Holds a partition from now on, whose changelog has been read: restores its state, and starts its records where
  /// they are to be evaluated.
  ///
  /// - Returns: nil if the worker may not read the partition.
  mutating func begin<Log: EvaluatorLog & ~Copyable>(
    _ restoration: Restoration, in log: inout Log, at time: any TimeSource, until deadline: MonotonicTime,
    _ voice: inout WorkerVoice
  ) throws(LogFailure) -> StageBeginning?

  /// The log doesn't have this position of a partition: goes on where it has records.
  mutating func replace<Log: EvaluatorLog & ~Copyable>(
    _ misplaced: LogPosition, in log: inout Log, until deadline: MonotonicTime, _ voice: inout WorkerVoice
  ) throws(LogFailure)

  /// Holds these partitions no longer.
  mutating func remove(_ partitions: [LogPartition])

  /// This worker may not read the partition's topic any more.
  mutating func mayNotRead(_ partition: LogPartition)

  /// The partitions that are held.
  var held: [LogPartition] { get }

  /// Whether records that were evaluated before are still read once more, for a partition that is held.
  var isReplaying: Bool { get }

  /// The positions of partitions whose records are evaluated.
  var livePositions: [LogPosition] { get }

  /// How many records of the partitions held are still to come; nil if none is held, or if the log doesn't know.
  func lag<Log: EvaluatorLog & ~Copyable>(in log: inout Log) -> Int64?

  /// Whether the stage must know how many partitions its topics have.
  var wantsPartitionCounts: Bool { get }

  /// Asks for these counts.
  mutating func countPartitions<Log: EvaluatorLog & ~Copyable>(
    in log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure)

  // MARK: Ends

  /// Partitions whose ends are to be asked for: once everything before an end is read, it is known who was silent.
  var endsToAsk: [LogPartition] { get }

  /// Brokers, asked at `asked` (milliseconds of the stage's clock), answered then or a little later that a partition
  /// ends at `end`.
  mutating func note(end: Int64, of partition: LogPartition, asked: Int64)

  /// Whether everything before an asked end is read.
  var hasReadAskedEnd: Bool { get }

  /// Judges silence by the ends that are read.
  mutating func attend()

  /// The worker didn't listen for a while, to this partition or (nil) to any: silence before now doesn't count.
  mutating func wasAway(from partition: LogPartition?)

  /// When silence must be looked at next, in milliseconds of the stage's clock; nil if there is nothing to look at.
  var nextSilence: Int64? { get }

  // MARK: Deliveries

  /// Partitions whose position has moved, or with state that must be written at once.
  var uncommitted: [LogPosition] { get }

  /// Whether there are any. Asked in each turn.
  var hasUncommitted: Bool { get }

  /// Whether state is overdue that the last delivery had no room for.
  var hasOverdueState: Bool { get }

  /// Whether there are unwritten changes.
  var hasUnwrittenState: Bool { get }

  /// Writes the state that belongs to the outbox's transitions into it.
  ///
  /// - Parameter everything: whether all unwritten changes are due.
  /// - Returns: the positions to be committed with it.
  mutating func writeState(into outbox: inout Outbox, everything: Bool) -> [LogPosition]

  /// These positions are committed, with everything in their delivery.
  mutating func committed(_ positions: [LogPosition])

  /// All counters, and what is held now.
  var totals: EvaluatorNumbers { get }

  // MARK: More than the group's partitions

  /// Called once a turn, when state may change: asks the log for what the stage needs beside its partitions' records.
  mutating func tend<Log: EvaluatorLog & ~Copyable>(
    _ log: inout Log, until deadline: MonotonicTime, _ voice: inout WorkerVoice
  ) throws(LogFailure)

  /// A delivery that began at `began` is committed by `now`; brokers appended its last record at `time` by their clocks,
  /// and took as long as `times` says.
  mutating func delivered(at time: WallTime?, _ times: DeliveryTimes, began: MonotonicTime, now: MonotonicTime)

  /// These partitions are about to be released: nothing new is begun for them.
  mutating func isEnding(_ partitions: [LogPartition])

  /// Whether something that was begun for these partitions isn't over, whose outcome should be delivered before they are
  /// released.
  func isBusy(with partitions: [LogPartition]) -> Bool

  /// Whether it has `tend` do anything.
  static var tends: Bool { get }

  /// When the stage wants a turn at the latest; nil if anything else decides.
  var nextTurn: MonotonicTime? { get }
}

extension WorkerStage where Self: ~Copyable {
  package mutating func tend<Log: EvaluatorLog & ~Copyable>(
    _ log: inout Log, until deadline: MonotonicTime, _ voice: inout WorkerVoice
  ) throws(LogFailure) {}

  package mutating func delivered(
    at time: WallTime?, _ times: DeliveryTimes, began: MonotonicTime, now: MonotonicTime
  ) {}

  package mutating func mayNotRead(_ partition: LogPartition) {}

  package mutating func hasReadAll() {}

  package mutating func isEnding(_ partitions: [LogPartition]) {}

  package func isBusy(with partitions: [LogPartition]) -> Bool { false }

  package static var tends: Bool { false }

  package var nextTurn: MonotonicTime? { nil }
}

/// The instructions for a stage.
package protocol WorkerOrders: Sendable {
  /// How many rules, or the like, there are.
  var count: Int { get }

  /// Their maximum size as a record of the changelog, in bytes.
  func greatestStoredSize(instance: String) -> Int
}

/// Where a partition begins.
package struct StageBeginning {
  /// The offset from which records are evaluated.
  var position: Int64
  /// Whether nothing of the partition was ever evaluated: its position is then committed at once.
  var isNew: Bool
}
