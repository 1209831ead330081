import Platform
import Records
import Rules

/// A worker's partitions with their state, and the evaluation of their records. No I/O, no clock: `receive` is the hot
/// path, from a record's bytes to its transitions.
package struct Evaluation: ~Copyable {
  /// One partition that the worker holds.
  struct Partition {
    /// Its topic and number.
    let id: LogPartition
    /// Its topic's source.
    let source: Source
    /// The source's reader, without reference counting for each record; valid as long as the source.
    let reader: UnsafeMutablePointer<RecordReader>
    /// Its rules and their state.
    let engine: Engine
    /// The same engine, without reference counting for each record.
    let applying: Engine.Unretained
    /// Whether its records are evaluated or still replayed.
    var way: Way
    /// The offset of the next record to evaluate; records below it are ignored.
    var position: Int64
    /// The position that the changelog and the group have; nil if they have none, or must be told again.
    var committed: Int64?
    /// The last evaluated record: it distinguishes this log from another with the same name.
    var last: Marker.Fingerprint?
    /// Since when it is held and was read to its end, on the clock of `Evaluation.clock`; nil if it wasn't yet. Only a
    /// worker that has listened can declare silence.
    var attendedSince: Int64?
    /// The end that was asked for, until it is read and silence is judged by it; nil if none is awaited.
    var askedEnd: AskedEnd?
    /// The wall clock's time at which evaluation of its records began, until the first record comes; nil otherwise.
    var awaitsFirstSince: Int64?
    /// The revision of its rules in the changelog; 0 if none.
    var storedRevision: UInt32 = 0
  }

  /// What is done with the records of a restored partition.
  enum Way {
    /// Records that were evaluated before the restore are read once more. Nothing is evaluated.
    case isReplayed(SilentReplay)
    /// Its records are evaluated.
    case isLive
  }

  /// The end of a partition, as brokers told it.
  struct AskedEnd {
    /// Its high watermark at the time of the question, or a little later.
    var end: Int64
    /// The time of the question, on the clock of `Evaluation.clock`.
    var asked: Int64
  }

  /// A record that couldn't be read, for the log.
  struct BadRecord: Equatable {
    var partition: LogPartition
    var offset: Int64
    var reason: BadReason
    /// Set if its time is in the future; nil otherwise.
    var ahead: Ahead?

    /// How far ahead it is, and whose record it is.
    struct Ahead: Equatable {
      /// nil if unknown.
      var subject: String?
      /// Milliseconds ahead of its Kafka time; nil if it has no Kafka time.
      var by: Int64?
      /// Whether the Kafka time is the broker's, not the producer's.
      var isOfBroker: Bool
    }
  }

  /// How many bad records of a batch are kept for the log; the others are only counted.
  static let keptBadRecords = 4

  /// The source topics, the group, and the limits.
  let plan: WorkerPlan
  /// The source topics, in the plan's order.
  let sources: [Source]
  /// The wall clock in milliseconds since the epoch, set before each batch. It bounds the log's time in topics with the
  /// producers' own times.
  var wall: Int64 = 0
  /// Milliseconds on the monotonic clock, set before each batch.
  var clock: Int64 = 0
  /// The counters of this worker, and of the engines of partitions that are no longer held.
  package var numbers = EvaluatorNumbers()
  /// Transitions that the worker hasn't taken yet, and the partition of each.
  var transitions: [Transition] = []
  var owners: [LogPartition] = []
  /// Bad records that the worker hasn't logged yet.
  var badRecords: [BadRecord] = []
  /// The partition of a record without a key, if its topic has several, until the worker logs it; nil if none.
  var keyless: LogPartition?
  /// A stream's topic that has grown, and its partitions before and now, until the worker logs it; nil if none.
  var grown: (topic: Int, from: Int32, to: Int32)?
  /// Whether a record without a key came since the partitions were last counted.
  var sawRecordWithoutKey = false
  /// The Kafka time from which on the group evaluates each topic, as far as known.
  var since: [Int: WallTime] = [:]
  /// Topics that are known to be readable.
  var readable: Set<Int> = []
  /// Partitions whose replay has ended, until the worker takes them.
  var live: [LogPosition] = []

  var partitions: [Partition] = []
  var table = PartitionIndex()

  /// Holds no partition yet.
  ///
  /// - Parameter rules: the rules of each source topic.
  init(_ plan: WorkerPlan, rules: SourceRules) {
    self.plan = plan
    sources = plan.topics.map { topic in
      Source(topic: topic, group: plan.group, rules: rules[topic], maxFuture: plan.maxFuture.wholeMilliseconds)
    }
  }

  // MARK: Records

  package mutating func batchBegins(at now: MonotonicTime) { setClock(now) }

  /// Most records have the host as their key: it lets the engine fetch the subject's memory ahead.
  package mutating func expect(_ record: LogRecord) {
    let place = table.place(of: record.partition)
    if place >= 0, let key = record.key { partitions[place].applying.expect(key: key) }
  }

  package mutating func receive(_ record: LogRecord) {
    let place = table.place(of: record.partition)
    guard place >= 0, partitions[place].isLive, record.offset >= partitions[place].position else {
      return receiveAside(record, place)
    }
    partitions[place].position = record.offset + 1
    partitions[place].last = Marker.Fingerprint(offset: record.offset, kafkaTime: record.kafkaTime)
    numbers.records += 1
    if partitions[place].awaitsFirstSince != nil { noteFirst(record, place) }
    let kafkaTime = partitions[place].settle(record, wall)
    let reader = partitions[place].reader
    switch reader.pointee.read(
      value: record.value, key: record.key, kafkaTime: kafkaTime, clock: Self.clock(of: kafkaTime))
    {
    case .record:
      if !reader.pointee.hasKey { note(recordWithoutKeyIn: partitions[place]) }
      partitions[place].applying.apply(reader.pointee, offset: record.offset, into: &transitions)
    case .tombstone:
      numbers.tombstones += 1
      partitions[place].engine.forget(reader.pointee, offset: record.offset, into: &transitions)
    case .tombstoneWithoutKey:
      numbers.tombstonesWithoutKey += 1
    case .bad(let reason):
      refuse(record, reason, kafkaTime, reader)
    }
    if transitions.count != owners.count { own(record.partition) }
  }

  /// Assigns the last transitions, which have no owner yet, to this partition.
  @inline(never)
  mutating func own(_ id: LogPartition) {
    owners.append(contentsOf: repeatElement(id, count: transitions.count - owners.count))
  }

  /// Takes the transitions since the last call, in order, each with its partition.
  mutating func takeTransitions(_ body: (Transition, LogPartition) -> Void) {
    for (transition, owner) in zip(transitions, owners) { body(transition, owner) }
    transitions.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
  }

  /// The clock against which a record's own time is checked: its Kafka time, whoever set it. So a replay decides as
  /// before, and an evaluator's own wrong clock refuses no records. If a topic keeps its producers' times, a producer's
  /// wrong clock is in both times and stays unnoticed. Without a Kafka time there is nothing to check against.
  @inline(__always)
  static func clock(of kafkaTime: Int64) -> Int64 { kafkaTime < 0 ? .max : kafkaTime }

  /// The most that a partition's last Kafka time is ahead of the wall clock; nil if none is.
  package var aheadOfClock: Duration? {
    let latest = partitions.lazy.compactMap { $0.isLive ? $0.last?.kafkaTime : nil }.max()
    guard let latest, latest > wall else { return nil }
    return .milliseconds(latest - wall)
  }

  /// Takes a record that isn't to be evaluated: its partition isn't held or is still replayed, or it is below the
  /// position.
  @inline(never)
  private mutating func receiveAside(_ record: LogRecord, _ place: Int) {
    guard place >= 0, case .isReplayed(let replay) = partitions[place].way, record.offset >= replay.position else {
      numbers.dropped += 1
      return
    }
    if record.offset >= replay.end {
      finishReplay(place)
      return receive(record)
    }
    self.replay(record, replay, place)
    if replay.position >= replay.end { finishReplay(place) }
  }

  package mutating func receiveEnd(of partition: LogPartition, position: Int64) {
    let place = table.place(of: partition)
    guard place >= 0 else { return }
    if case .isReplayed(let replay) = partitions[place].way {
      replay.position = max(replay.position, position)
      if replay.position < replay.end { return }
      finishReplay(place)
    }
    if position > partitions[place].position { partitions[place].position = position }
    beginsToAttend(partition)
  }

  /// Notes the age of the first record, the one that has waited longest for the partition.
  @inline(never)
  private mutating func noteFirst(_ record: LogRecord, _ place: Int) {
    guard let since = partitions[place].awaitsFirstSince else { return }
    partitions[place].awaitsFirstSince = nil
    if record.kafkaTime >= 0, record.kafkaTime < since { numbers.blind = max(numbers.blind, wall - record.kafkaTime) }
  }

  private mutating func note(recordWithoutKeyIn partition: Partition) {
    sawRecordWithoutKey = true
    if keyless == nil, partition.source.partitionCount > 1 { keyless = partition.id }
  }

  private mutating func refuse(
    _ record: LogRecord, _ reason: BadReason, _ kafkaTime: Int64, _ reader: UnsafeMutablePointer<RecordReader>
  ) {
    numbers.badByReason[Int(reason.rawValue)] += 1
    guard badRecords.count < Self.keptBadRecords else { return }
    var bad = BadRecord(partition: record.partition, offset: record.offset, reason: reason)
    if reason == .future {
      bad.ahead = BadRecord.Ahead(
        subject: reader.pointee.subject(ofRefused: record.key),
        by: kafkaTime < 0 ? nil : reader.pointee.time &- kafkaTime,
        isOfBroker: record.isLogAppendTime)
    }
    badRecords.append(bad)
  }
}

extension Evaluation.Partition {
  /// Its records are evaluated.
  @inline(__always)
  var isLive: Bool { if case .isLive = way { true } else { false } }

  /// The offset of the next record to evaluate or replay.
  var nextOffset: Int64 { if case .isReplayed(let replay) = way { replay.position } else { position } }

  /// The record's Kafka time, after the log's time has advanced to it. With LogAppendTime it is the log's time, which
  /// doesn't fall if a new leader's clock is behind.
  @inline(__always)
  func settle(_ record: LogRecord, _ wall: Int64) -> Int64 {
    // A producer whose clock is ahead must not make other subjects look gone.
    let logTime = applying.advance(logTime: record.isLogAppendTime ? record.kafkaTime : min(record.kafkaTime, wall))
    return record.isLogAppendTime ? logTime : record.kafkaTime
  }
}
