import Platform

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

/// A place in a source partition: the offset of the next record to evaluate.
public struct LogPosition: Equatable, Sendable {
  /// The partition.
  public var partition: LogPartition
  /// The offset.
  public var position: Int64

  /// `position` in `partition`.
  public init(_ partition: LogPartition, _ position: Int64) {
    self.partition = partition
    self.position = position
  }
}

/// What a group has committed for a partition.
public struct CommittedPosition: Equatable, Sendable {
  /// The offset of the next record to evaluate.
  public var position: Int64
  /// The Kafka time from which on the group evaluates the topic, which its evaluators commit along; nil: somebody else
  /// has committed this.
  public var since: WallTime?

  /// `position`, committed by an evaluator of a group that began with `since`; nil: by somebody else.
  public init(_ position: Int64, since: WallTime?) {
    self.position = position
    self.since = since
  }
}

/// What a group says of a partition.
public struct GroupPosition: Equatable, Sendable {
  /// What it has committed; nil: nothing.
  public var committed: CommittedPosition?
  /// A transaction was about to change that, and nobody has ended it in the time that any of statusd's may take.
  public var isPending: Bool

  /// A position that is certain, or pending for good.
  public init(_ committed: CommittedPosition?, isPending: Bool = false) {
    self.committed = committed
    self.isPending = isPending
  }
}

/// Where a delivery's record goes.
public enum LogTarget: Hashable, Sendable {
  /// The history of transitions.
  case alerts
  /// What fires now.
  case alertsCurrent
  /// The changelog's partition of this number.
  case changelog(Int32)
}

/// Bytes of key and value, for each kind of target.
public struct RecordRoom: Equatable, Sendable {
  /// Of a record of the history.
  public var alerts: Int
  /// Of a record of what fires now.
  public var alertsCurrent: Int
  /// Of a record of the changelog.
  public var changelog: Int

  /// So many bytes.
  public init(alerts: Int = 0, alertsCurrent: Int = 0, changelog: Int = 0) {
    self.alerts = alerts
    self.alertsCurrent = alertsCurrent
    self.changelog = changelog
  }

  /// No bound at all.
  public static let unlimited = Self(alerts: .max, alertsCurrent: .max, changelog: .max)
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

/// What happens to a worker's assignment.
public enum LogEvent: Equatable, Sendable {
  /// The group gives these partitions to this worker, on top of those it has. Answered with `accept`.
  case assigned([LogPartition])
  /// The group takes these partitions away. Answered with `unassign`. Lost: somebody else may have them already, and
  /// nothing can be committed for them.
  case revoked([LogPartition], lost: Bool)
  /// The group has another member under this worker's name, and this one is out of it. Answered with `rejoin`.
  case replaced
  /// The log no longer has the offset at which this partition was to be read. Answered with `start`.
  case outOfRange(LogPartition, position: Int64)
}

/// Why the group has gone on without a worker, as far as it can know.
public enum LossCause: Equatable, Sendable {
  /// No broker was there for longer than the group waits for a sign of life.
  case brokersAway
  /// The topic isn't there any more.
  case topicGone
  /// Another member has joined under the worker's name.
  case replaced
  /// The worker stood still, or whatever else.
  case unknown
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
    /// Nothing of this delivery is or will be seen: abort it, then the same delivery again, from `begin` on.
    case deliverAgain
    /// Nobody knows whether the delivery took effect: drop all state, take over, restore. What the changelog then says
    /// is the truth.
    case restore
    /// Somebody else goes by this worker's name. It can only end: trying again would be a fight without end.
    case leave
    /// Nothing can be done until a person has done something: the reason says what. It can only end.
    case stop
  }
}
