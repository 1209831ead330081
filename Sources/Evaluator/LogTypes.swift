import Platform

/// One partition of a source topic.
public struct LogPartition: Hashable, Comparable, Sendable {
  /// The topic's index in the worker's list of source topics.
  public var topic: Int
  /// The partition's number.
  public var number: Int32

  /// Partition `number` of source topic `topic`.
  public init(topic: Int, number: Int32) {
    self.topic = topic
    self.number = number
  }

  /// By topic, then by number.
  public static func < (a: LogPartition, b: LogPartition) -> Bool { (a.topic, a.number) < (b.topic, b.number) }
}

/// A topic of the cluster.
public struct LogTopic: Equatable, Sendable {
  /// Its name.
  public var name: String
  /// For each partition, whether a broker leads it.
  public var partitions: [Bool]

  /// A topic with these partitions.
  public init(name: String, partitions: [Bool]) {
    self.name = name
    self.partitions = partitions
  }
}

/// A position in a source partition: the offset of the next record to evaluate.
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
  /// The Kafka time from which on the group evaluates the topic. Its evaluators commit it with each position; nil if
  /// another program committed this position.
  public var since: WallTime?

  /// `position`, with the time that the group's evaluators commit; nil if another program committed it.
  public init(_ position: Int64, since: WallTime?) {
    self.position = position
    self.since = since
  }
}

/// A group's answer about the position of a partition.
public struct GroupPosition: Equatable, Sendable {
  /// The committed position; nil if there is none.
  public var committed: CommittedPosition?
  /// A transaction that will change it has been open for longer than any of statusd's may be.
  public var isPending: Bool

  /// A position that is certain, or that stays pending.
  public init(_ committed: CommittedPosition?, isPending: Bool = false) {
    self.committed = committed
    self.isPending = isPending
  }
}

/// Where a delivery's record goes.
public enum LogTarget: Hashable, Sendable {
  /// The topic of the stage's results: all transitions, or readings.
  case results
  /// The topic of firing alerts.
  case alertsCurrent
  /// The changelog's partition of this number.
  case changelog(Int32)
}

/// Bytes of a record's key and value, for each kind of target.
public struct RecordRoom: Equatable, Sendable {
  /// In the topic of the stage's results.
  public var results: Int
  /// In the topic of firing alerts.
  public var alertsCurrent: Int
  /// In the changelog.
  public var changelog: Int

  /// These numbers of bytes.
  public init(results: Int = 0, alertsCurrent: Int = 0, changelog: Int = 0) {
    self.results = results
    self.alertsCurrent = alertsCurrent
    self.changelog = changelog
  }

  /// No bound at all.
  public static let unlimited = Self(results: .max, alertsCurrent: .max, changelog: .max)
}

/// One record of a source topic.
public struct LogRecord {
  /// Its partition.
  public var partition: LogPartition
  /// Its offset.
  public var offset: Int64
  /// Its Kafka timestamp, milliseconds since the epoch; -1 if it has none.
  public var kafkaTime: Int64
  /// Whether the timestamp is the broker's (`message.timestamp.type=LogAppendTime`), not the producer's.
  public var isLogAppendTime: Bool
  /// Its key; nil if null.
  public var key: UnsafeRawBufferPointer?
  /// Its value; nil for a tombstone.
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

/// A change of a worker's assignment.
public enum LogEvent: Equatable, Sendable {
  /// The group gives these partitions to this worker, on top of those it has. Answered with `accept`.
  case assigned([LogPartition])
  /// The group takes these partitions away. Answered with `unassign`. If they are lost, another member may have them
  /// already, and nothing can be committed for them.
  case revoked([LogPartition], lost: Bool)
  /// Another member has joined under this worker's name, and this one is out of the group. Answered with `rejoin`.
  case replaced
  /// The log no longer has the offset at which this partition was to be read. Answered with `start`.
  case outOfRange(LogPartition, position: Int64)
}

/// Why the group took a worker's partitions, as far as the worker can know.
public enum LossCause: Equatable, Sendable {
  /// No broker was reachable for longer than the session time-out.
  case brokersAway
  /// The topic no longer exists.
  case topicGone
  /// Another member has joined under the worker's name.
  case replaced
  /// Anything else, such as a process that was stopped for a while.
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
    /// Repeat the same call.
    case retry
    /// The delivery isn't committed and won't be: abort it, then make the same delivery again, from `begin` on.
    case deliverAgain
    /// It is unknown whether the delivery was committed: drop all state, take over, restore. The changelog then shows
    /// which it was.
    case restore
    /// Another process has this worker's name. The worker ends, because retries would replace each other for ever.
    case leave
    /// Nothing can go on until a person has acted on the reason. The worker ends.
    case stop
  }
}
