import Platform
import Records

/// What a worker needs of the log it reads from and writes to: Kafka in production, a simulation in tests.
///
/// One worker owns one log and calls it from one thread. No call blocks past its deadline. A worker repeats:
///
///     nextEvent… -> fetch -> begin -> produce… -> flush -> sendOffsets -> commit
///
/// `begin` to `commit` is one *delivery*: transitions, the state they follow from, and the source positions. With
/// transactions, readers see all of a delivery or nothing. Without them, everything produced before a `flush` is
/// acknowledged before anything after it is sent.
public protocol EvaluatorLog: ~Copyable {
  // MARK: Reading

  /// The next change of the assignment, oldest first; nil if there is none.
  mutating func nextEvent() -> LogEvent?

  /// Waits for records, an event or a ring of the worker's wake-up, at most until `deadline`. Gives `receiver` at most
  /// one batch of records and ends of partitions, in log order for each partition.
  ///
  /// - Returns: whether the batch was full, so that more is probably waiting.
  mutating func fetch<Receiver: LogReceiver & ~Copyable>(
    until deadline: MonotonicTime, into receiver: inout Receiver
  ) -> Bool

  /// Waits until brokers send something or the worker's wake-up rings, at most until `deadline`; may return early.
  mutating func wait(until deadline: MonotonicTime)

  /// How many partitions a source topic has.
  mutating func partitionCount(ofTopic topic: Int, until deadline: MonotonicTime) throws(LogFailure) -> Int32

  /// The offsets that a partition still has, up to its last stable offset.
  mutating func bounds(of partition: LogPartition, until deadline: MonotonicTime) throws(LogFailure) -> Range<Int64>

  /// The last stable offset of each partition; nil for a partition if brokers don't tell it.
  mutating func ends(of partitions: [LogPartition], until deadline: MonotonicTime) throws(LogFailure) -> [Int64?]

  /// The current high watermark of each partition, open transactions included; nil for a partition if brokers don't
  /// tell it. The answer includes records that arrive during the call. The call doesn't wait for records.
  mutating func askHighWatermarks(
    of partitions: [LogPartition], until deadline: MonotonicTime
  ) throws(LogFailure) -> [Int64?]

  /// The high watermark of a partition that is being fetched, as of the last fetch; nil if not known yet.
  mutating func highWatermark(of partition: LogPartition) -> Int64?

  /// The offset and Kafka timestamp of the first record at or after `offset`; nil if there is none.
  mutating func firstRecord(
    of partition: LogPartition, from offset: Int64, until deadline: MonotonicTime
  ) throws(LogFailure) -> Marker.Fingerprint?

  /// The first offset of a partition whose record has this Kafka time or a later one; nil if there is none.
  mutating func offset(
    of partition: LogPartition, at time: WallTime, until deadline: MonotonicTime
  ) throws(LogFailure) -> Int64?

  /// Whether this log's owner may read a partition; `offset` exists in it, or is its end.
  mutating func isReadable(
    _ partition: LogPartition, at offset: Int64, until deadline: MonotonicTime
  ) throws(LogFailure) -> Bool

  // MARK: The assignment

  /// Answers `.assigned`: the worker holds these partitions. None of their records comes before `start`.
  mutating func accept(_ partitions: [LogPartition])

  /// Reads a held partition from `position` on, whatever its position was before. Also answers `.outOfRange`.
  mutating func start(_ partition: LogPartition, at position: Int64) throws(LogFailure)

  /// Answers `.revoked`: no more records of these partitions come.
  mutating func unassign(_ partitions: [LogPartition])

  /// Why the partitions of the last `.revoked` event are lost.
  var lossCause: LossCause { get }

  // MARK: Restoring

  /// Ends the transaction that an earlier owner of this worker's name left open, and fences that owner; then joins the
  /// group under the name. Called before anything else, and again after a failure whose remedy is `.restore`.
  mutating func takeOver(until deadline: MonotonicTime) throws(LogFailure)

  /// Answers `.replaced`: joins the group again, unless another process has this worker's name. No delivery is open.
  ///
  /// - Throws: `.leave` if another process has the name.
  mutating func rejoin(until deadline: MonotonicTime) throws(LogFailure)

  /// The position that the group has committed. Waits for transactions that are about to change it, for as long as one
  /// can take; the caller repeats a call that fails.
  mutating func committed(
    _ partition: LogPartition, until deadline: MonotonicTime
  ) throws(LogFailure) -> GroupPosition

  /// The least `CommittedPosition.since` over all partitions of a source topic; nil if no evaluator of this group has
  /// committed a position of it.
  mutating func groupBegan(withTopic topic: Int, until deadline: MonotonicTime) throws(LogFailure) -> WallTime?

  /// The group evaluates this topic from the Kafka time `since` on. From now on positions are committed with it.
  mutating func remember(since: WallTime, ofTopic topic: Int)

  /// Begins to read a partition of the changelog from its oldest record on. Returns its high watermark, up to which it
  /// must be read; nil if there is no such partition.
  mutating func openChangelog(_ number: Int32, until deadline: MonotonicTime) throws(LogFailure) -> Int64?

  /// Gives `receiver` the next committed records of the open changelog, at most a batch, without waiting.
  ///
  /// - Returns: the offset up to which all records were given. It never passes the last stable offset.
  mutating func readChangelog<Receiver: ChangelogReceiver & ~Copyable>(
    into receiver: inout Receiver
  ) throws(LogFailure) -> Int64

  /// Ends the reading of the changelog for now.
  mutating func closeChangelog()

  // MARK: Deliveries

  /// The maximum sizes of records, as far as known; asked before each delivery. A refusal for size, which comes as
  /// `.deliverAgain`, makes them or the batches smaller.
  ///
  /// - Parameter largest: the largest records to send. If they exceed what is known to fit, brokers may be asked again.
  mutating func room(for largest: RecordRoom, until deadline: MonotonicTime) -> RecordRoom

  /// Begins a delivery.
  mutating func begin() throws(LogFailure)

  /// Adds a record to the delivery. The bytes aren't needed after the call.
  ///
  /// - Parameter value: nil for a tombstone.
  mutating func produce(
    to target: LogTarget, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
  ) throws(LogFailure)

  /// Returns false if earlier records must be acknowledged before more may be sent; call again.
  mutating func flush(until deadline: MonotonicTime) throws(LogFailure) -> Bool

  /// Adds positions to the delivery: each is the offset of the next record to evaluate.
  mutating func sendOffsets(_ positions: [LogPosition]) throws(LogFailure)

  /// Ends the delivery. Returns false if not everything is acknowledged yet; call again.
  mutating func commit(until deadline: MonotonicTime) throws(LogFailure) -> Bool

  /// Aborts the delivery; without transactions readers may still see it. Returns false if not done yet; call again.
  mutating func abort(until deadline: MonotonicTime) throws(LogFailure) -> Bool

  /// When brokers appended the last record of the last delivery, by their clocks; nil if they don't say.
  var appendTime: WallTime? { get }

  /// How long brokers took for the last delivery.
  var deliveryTimes: DeliveryTimes { get }

  // MARK: Topics beside the group's

  /// The topics of the cluster that this worker may see.
  mutating func topics(until deadline: MonotonicTime) throws(LogFailure) -> [LogTopic]

  /// The number by which records of a topic come, as `LogPartition.topic`; the same each time.
  ///
  /// - Parameter committed: whether records of open and aborted transactions are left out.
  mutating func number(ofTopic name: String, committed: Bool) -> Int

  /// Reads exactly these partitions, besides those of the group, from these positions on. A partition that is read
  /// already goes on undisturbed if that is its position here.
  mutating func follow(_ positions: [LogPosition]) throws(LogFailure)

  /// Commits these positions for the group, so that other tools show them. Nothing depends on it: it may fail.
  mutating func show(_ positions: [LogPosition])

  // MARK: The cluster and its consumer groups

  /// Asks brokers about the cluster, without waiting. The answer comes later, by `takeAnswer`, and rings the worker's
  /// wake-up. Only the last question is answered.
  mutating func ask(_ question: ClusterQuestion)

  /// The answer to the last question, once; nil if it hasn't come.
  mutating func takeAnswer() -> ClusterAnswer?

  /// Nothing more is asked for now: releases what questions need.
  mutating func endQuestions()

  /// Releases everything. The group keeps this worker's place for a successor with its name.
  ///
  /// - Parameter forGood: no successor comes soon: the partitions go to others at once.
  consuming func close(until deadline: MonotonicTime, forGood: Bool)
}

extension EvaluatorLog where Self: ~Copyable {
  /// The cause is unknown.
  public var lossCause: LossCause { .unknown }

  /// Nothing is known.
  public var appendTime: WallTime? { nil }

  /// Nothing is known.
  public var deliveryTimes: DeliveryTimes { DeliveryTimes() }

  /// A log that doesn't know its cluster.
  public mutating func ask(_ question: ClusterQuestion) {}

  /// A log that doesn't know its cluster.
  public mutating func takeAnswer() -> ClusterAnswer? { nil }

  /// A log that doesn't know its cluster.
  public mutating func endQuestions() {}

  /// A log that only reads its group's topics.
  public mutating func topics(until deadline: MonotonicTime) throws(LogFailure) -> [LogTopic] { [] }

  /// A log that only reads its group's topics.
  public mutating func number(ofTopic name: String, committed: Bool) -> Int { -1 }

  /// Nobody looks.
  public mutating func show(_ positions: [LogPosition]) {}

  /// A log that only reads its group's topics.
  public mutating func follow(_ positions: [LogPosition]) throws(LogFailure) {
    if !positions.isEmpty { throw LogFailure(.stop, reason: "this log reads no topics beside its group's") }
  }
}

/// Receives the records of a fetch.
public protocol LogReceiver: ~Copyable {
  /// A batch begins; its records have arrived by `now`.
  mutating func batchBegins(at now: MonotonicTime)

  /// Announces a record that comes some records later; only a hint.
  mutating func expect(_ record: LogRecord)

  /// Takes a record; its bytes are valid during the call.
  mutating func receive(_ record: LogRecord)

  /// All records before `position` were given, and there are no more for now. After transaction markers `position` is
  /// greater than the last record's offset + 1.
  mutating func receiveEnd(of partition: LogPartition, position: Int64)
}

extension LogReceiver where Self: ~Copyable {
  /// Ignores the time, as most receivers do.
  public mutating func batchBegins(at now: MonotonicTime) {}
}

/// Receives the records of the changelog.
public protocol ChangelogReceiver: ~Copyable {
  /// Takes a record; its bytes are valid during the call. `value` is nil for a tombstone.
  mutating func receive(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?, at offset: Int64)
}
