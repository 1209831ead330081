import Platform

/// What a worker needs of the log it reads from and writes to: Kafka in production, a simulation in tests.
///
/// One worker owns one log, and calls it from one thread. No call blocks past the deadline it is given. What a worker
/// does with it, over and over:
///
///     nextEvent… -> fetch -> begin -> produce… -> sendOffsets -> commit
///
/// `begin` to `commit` is one *delivery*: transitions and the positions they were made at. A log without transactions
/// keeps the order instead: the offsets are committed once every transition is acknowledged.
public protocol EvaluatorLog: ~Copyable {
  /// What happened to the assignment since the last call, oldest first; nil: nothing more.
  mutating func nextEvent() -> LogEvent?

  /// Waits until something is there (records, an event, a ring of the worker's wake-up), at most until `deadline`,
  /// and gives what is there to `receiver`, a batch of records and ends of partitions at most, in log order for each
  /// partition.
  mutating func fetch<Receiver: LogReceiver & ~Copyable>(until deadline: MonotonicTime, into receiver: inout Receiver)

  /// Waits for a sign of life of the brokers or a ring of the worker's wake-up, at most until `deadline`; may return
  /// early.
  mutating func wait(until deadline: MonotonicTime)

  /// The positions that the group has committed, in the order asked for; nil: none.
  mutating func committed(_ partitions: [LogPartition], until deadline: MonotonicTime) throws(LogFailure) -> [Int64?]

  /// How many partitions a source topic has.
  mutating func partitionCount(ofTopic topic: Int, until deadline: MonotonicTime) throws(LogFailure) -> Int32

  /// The offsets that a partition still has, as far as its high watermark.
  mutating func bounds(of partition: LogPartition, until deadline: MonotonicTime) throws(LogFailure) -> Range<Int64>

  /// The high watermark of a partition that is being fetched, as the last fetch told it; nil: not known yet.
  mutating func highWatermark(of partition: LogPartition) -> Int64?

  /// Answers `.assigned`: records of these partitions come from the given positions on; nil: from the oldest that
  /// there is.
  mutating func assign(_ partitions: [(partition: LogPartition, position: Int64?)])

  /// Answers `.revoked`: no records of these partitions come any more.
  mutating func unassign(_ partitions: [LogPartition])

  /// Answers `.outOfRange`: records of this partition come from `position` on.
  mutating func reposition(_ partition: LogPartition, to position: Int64) throws(LogFailure)

  /// Begins a delivery.
  mutating func begin() throws(LogFailure)

  /// Adds a record for the alerts topic to the delivery. The bytes aren't needed after the call.
  mutating func produce(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws(LogFailure)

  /// Adds positions to the delivery: each is the offset of the next record to evaluate.
  mutating func sendOffsets(_ positions: [(partition: LogPartition, position: Int64)]) throws(LogFailure)

  /// Ends the delivery; false: not everything is acknowledged yet, call again.
  mutating func commit(until deadline: MonotonicTime) throws(LogFailure) -> Bool

  /// Gives the delivery up; what of it readers see all the same depends on the log.
  mutating func abort() throws(LogFailure)

  /// Leaves the group and lets go of everything.
  consuming func close(until deadline: MonotonicTime)
}

/// One partition of a source topic.
public struct LogPartition: Hashable, Sendable {
  /// The topic: its place in the worker's list of source topics.
  public var topic: Int
  /// The partition's number.
  public var number: Int32

  /// Partition `number` of source topic `topic`.
  public init(topic: Int, number: Int32) {
    self.topic = topic
    self.number = number
  }
}

/// One record as it stands in a source topic.
public struct LogRecord {
  /// Where it stands.
  public var partition: LogPartition
  /// Its offset there.
  public var offset: Int64
  /// Its Kafka timestamp, milliseconds since the epoch; -1: none.
  public var kafkaTime: Int64
  /// The timestamp is the broker's own (`message.timestamp.type=LogAppendTime`), not the producer's.
  public var isLogAppendTime: Bool
  /// Its key; nil: null.
  public var key: UnsafeRawBufferPointer?
  /// Its value; nil: null, a tombstone.
  public var value: UnsafeRawBufferPointer?

  /// A record with all its parts.
  public init(
    partition: LogPartition, offset: Int64, kafkaTime: Int64, isLogAppendTime: Bool, key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?
  ) {
    self.partition = partition
    self.offset = offset
    self.kafkaTime = kafkaTime
    self.isLogAppendTime = isLogAppendTime
    self.key = key
    self.value = value
  }
}

/// Takes what a fetch brings.
public protocol LogReceiver: ~Copyable {
  /// A record that will be given soon, some records from now: a hint, and no more.
  mutating func expect(_ record: LogRecord)

  /// A record; its bytes are valid during the call.
  mutating func receive(_ record: LogRecord)

  /// Everything before `position` was given, and there is nothing more just now. Behind markers of transactions it is
  /// greater than the last record's offset + 1.
  mutating func receiveEnd(of partition: LogPartition, position: Int64)
}

/// What happens to a worker's assignment.
public enum LogEvent: Equatable, Sendable {
  /// The group gives these partitions to this worker, on top of those it has. Answered with `assign`.
  case assigned([LogPartition])
  /// The group takes these partitions away. Answered with `unassign`. Lost: somebody else may have them already, and
  /// nothing can be committed for them.
  case revoked([LogPartition], lost: Bool)
  /// The log no longer has the offset at which this partition was to be read. Answered with `reposition`.
  case outOfRange(LogPartition, position: Int64)
}

/// A call to a log that failed.
public struct LogFailure: Error, Equatable, Sendable {
  /// What to do about it.
  public var remedy: Remedy
  /// The error's name and words, for the log.
  public var reason: String

  /// A failure with its remedy.
  public init(_ remedy: Remedy, reason: String) {
    self.remedy = remedy
    self.reason = reason
  }

  /// What to do about a failure.
  public enum Remedy: Equatable, Sendable {
    /// The same call again.
    case retry
    /// The same delivery again, from `begin` on.
    case deliverAgain
  }
}
