import Platform
import Records

/// What a worker needs of the log it reads from and writes to: Kafka in production, a simulation in tests.
///
/// One worker owns one log, and calls it from one thread. No call blocks past the deadline it is given. What a worker
/// does with it, over and over:
///
///     nextEvent… -> fetch -> begin -> produce… -> flush -> sendOffsets -> commit
///
/// `begin` to `commit` is one *delivery*: transitions, the state behind them, and the positions they were made at. With
/// transactions readers see all of it or nothing. A log without transactions keeps an order instead: what was produced
/// before a `flush` is acknowledged before anything behind it is sent.
public protocol EvaluatorLog: ~Copyable {
  // MARK: Reading

  /// What happened to the assignment since the last call, oldest first; nil: nothing more.
  mutating func nextEvent() -> LogEvent?

  /// Waits until something is there (records, an event, a ring of the worker's wake-up), at most until `deadline`,
  /// and gives what is there to `receiver`, a batch of records and ends of partitions at most, in log order for each
  /// partition.
  ///
  /// - Returns: whether the batch was full, so that there is more at once, most likely.
  mutating func fetch<Receiver: LogReceiver & ~Copyable>(
    until deadline: MonotonicTime, into receiver: inout Receiver
  ) -> Bool

  /// Waits for a sign of life of the brokers or a ring of the worker's wake-up, at most until `deadline`; may return
  /// early.
  mutating func wait(until deadline: MonotonicTime)

  /// How many partitions a source topic has.
  mutating func partitionCount(ofTopic topic: Int, until deadline: MonotonicTime) throws(LogFailure) -> Int32

  /// The offsets that a partition still has, as far as its last stable offset.
  mutating func bounds(of partition: LogPartition, until deadline: MonotonicTime) throws(LogFailure) -> Range<Int64>

  /// The last stable offset of each of these partitions; nil: of this one nobody says it now.
  mutating func ends(of partitions: [LogPartition], until deadline: MonotonicTime) throws(LogFailure) -> [Int64?]

  /// The high watermark of each of these partitions as brokers say it now, open transactions included; nil: of this one
  /// nobody says it. The answer counts what comes while it is under way, and it doesn't wait for records to come.
  mutating func askHighWatermarks(
    of partitions: [LogPartition], until deadline: MonotonicTime
  ) throws(LogFailure) -> [Int64?]

  /// The high watermark of a partition that is being fetched, as the last fetch told it; nil: not known yet.
  mutating func highWatermark(of partition: LogPartition) -> Int64?

  /// The Kafka timestamp of the first record at `offset` or behind it, with its offset; nil: there is none.
  mutating func firstRecord(
    of partition: LogPartition, from offset: Int64, until deadline: MonotonicTime
  ) throws(LogFailure) -> Marker.Fingerprint?

  /// The first offset of a partition whose record has this Kafka time or a later one; nil: there is none.
  mutating func offset(
    of partition: LogPartition, at time: WallTime, until deadline: MonotonicTime
  ) throws(LogFailure) -> Int64?

  /// Whether this log's owner may read a partition; `offset` is one that it has, or its end.
  mutating func isReadable(
    _ partition: LogPartition, at offset: Int64, until deadline: MonotonicTime
  ) throws(LogFailure) -> Bool

  // MARK: The assignment

  /// Answers `.assigned`: these partitions are held. Nothing of them comes before `start`.
  mutating func accept(_ partitions: [LogPartition])

  /// Records of a partition that is held come from `position` on; also where they came from elsewhere before, which
  /// answers `.outOfRange`.
  mutating func start(_ partition: LogPartition, at position: Int64) throws(LogFailure)

  /// Answers `.revoked`: no records of these partitions come any more.
  mutating func unassign(_ partitions: [LogPartition])

  /// Why the partitions of the last `.revoked` event are lost.
  var lossCause: LossCause { get }

  // MARK: Restoring

  /// Ends what an earlier owner of this worker's name has left open, and keeps that owner from ever going on; then joins
  /// the group under that name. Before anything else, and again after a failure whose remedy is `.restore`.
  mutating func takeOver(until deadline: MonotonicTime) throws(LogFailure)

  /// Answers `.replaced`: joins the group again, unless somebody else goes by this worker's name. No delivery is open.
  ///
  /// - Throws: `.leave` where somebody does.
  mutating func rejoin(until deadline: MonotonicTime) throws(LogFailure)

  /// The position that the group has committed. Waits for deliveries that are about to change it, for as long as one
  /// can take: what it fails with is to be tried again.
  mutating func committed(
    _ partition: LogPartition, until deadline: MonotonicTime
  ) throws(LogFailure) -> GroupPosition

  /// The least `CommittedPosition.since` over all partitions of a source topic; nil: no evaluator of this group has
  /// committed anything of it.
  mutating func groupBegan(withTopic topic: Int, until deadline: MonotonicTime) throws(LogFailure) -> WallTime?

  /// The group evaluates this topic from the Kafka time `since` on: goes along with its positions from now on.
  mutating func remember(since: WallTime, ofTopic topic: Int)

  /// Begins to read a partition of the changelog from its oldest record on, and says up to where it must be read: its
  /// high watermark. nil: there is no such partition.
  mutating func openChangelog(_ number: Int32, until deadline: MonotonicTime) throws(LogFailure) -> Int64?

  /// Gives the next committed records of the open changelog to `receiver`, a batch at most, without waiting.
  ///
  /// - Returns: the offset up to which everything was given. It stands still at the last stable offset.
  mutating func readChangelog<Receiver: ChangelogReceiver & ~Copyable>(
    into receiver: inout Receiver
  ) throws(LogFailure) -> Int64

  /// The changelog needn't be read any more for now.
  mutating func closeChangelog()

  // MARK: Deliveries

  /// How large records may be, as far as is known: asked before each delivery. A refusal for size, which comes as
  /// `.deliverAgain`, makes it smaller, or the batches.
  ///
  /// - Parameter largest: what is wanted. Where that is more than was known to fit, brokers may be asked again.
  mutating func room(for largest: RecordRoom, until deadline: MonotonicTime) -> RecordRoom

  /// Begins a delivery.
  mutating func begin() throws(LogFailure)

  /// Adds a record to the delivery. The bytes aren't needed after the call.
  ///
  /// - Parameter value: nil: a tombstone.
  mutating func produce(
    to target: LogTarget, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
  ) throws(LogFailure)

  /// False: something produced so far must be waited for before what follows may be sent; call again.
  mutating func flush(until deadline: MonotonicTime) throws(LogFailure) -> Bool

  /// Adds positions to the delivery: each is the offset of the next record to evaluate.
  mutating func sendOffsets(_ positions: [LogPosition]) throws(LogFailure)

  /// Ends the delivery; false: not everything is acknowledged yet, call again.
  mutating func commit(until deadline: MonotonicTime) throws(LogFailure) -> Bool

  /// Gives the delivery up; what of it readers see all the same depends on the log. False: not yet, call again.
  mutating func abort(until deadline: MonotonicTime) throws(LogFailure) -> Bool

  /// Lets go of everything. The group keeps this worker's place for whoever comes back under its name.
  ///
  /// - Parameter forGood: nobody will, soon: its partitions go to others at once.
  consuming func close(until deadline: MonotonicTime, forGood: Bool)
}

extension EvaluatorLog where Self: ~Copyable {
  /// Nothing is known.
  public var lossCause: LossCause { .unknown }
}

/// Takes what a fetch brings.
public protocol LogReceiver: ~Copyable {
  /// What follows arrived by `now`: the wait for it is over.
  mutating func batchBegins(at now: MonotonicTime)

  /// A record that will be given soon, some records from now: a hint, and no more.
  mutating func expect(_ record: LogRecord)

  /// A record; its bytes are valid during the call.
  mutating func receive(_ record: LogRecord)

  /// Everything before `position` was given, and there is nothing more just now. Behind markers of transactions it is
  /// greater than the last record's offset + 1.
  mutating func receiveEnd(of partition: LogPartition, position: Int64)
}

extension LogReceiver where Self: ~Copyable {
  /// Most don't mind when.
  public mutating func batchBegins(at now: MonotonicTime) {}
}

/// Takes what the changelog says.
public protocol ChangelogReceiver: ~Copyable {
  /// A record; its bytes are valid during the call. The value nil: a tombstone.
  mutating func receive(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?, at offset: Int64)
}
