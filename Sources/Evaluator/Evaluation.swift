import Platform
import Records
import Rules

/// What a worker knows of its partitions, and does with their records. No I/O, no clock: `receive` is the hot path,
/// from a record's bytes to the transitions it makes.
package struct Evaluation: ~Copyable {
  /// One partition that the worker holds.
  struct Partition {
    /// Which one.
    let id: LogPartition
    /// Its topic's.
    let source: Source
    /// The source's, for each record; valid as long as the source.
    let reader: UnsafeMutablePointer<RecordReader>
    /// Its rules and what they remember.
    let engine: Engine
    /// The same, for each record.
    let applying: Engine.Unretained
    /// Whether its records are evaluated, or still replayed.
    var way: Way
    /// The offset of the next record to evaluate; what is below is left out.
    var position: Int64
    /// The position that the changelog and the group have; nil: none, or it must be said again.
    var committed: Int64?
    /// The last record that was evaluated: what tells this log from another one under the same name.
    var last: Marker.Fingerprint?
    /// Since when it is held and was read to its end, on the clock of `Evaluation.clock`; nil: it wasn't yet. Only who was
    /// there can say that others were silent.
    var attendedSince: Int64?
    /// The end that was asked for, as long as it isn't read and judged by; nil: nothing is waited for.
    var askedEnd: AskedEnd?
    /// The wall clock's time at which its records began to be evaluated, until the first one is; nil: it was, or they
    /// aren't yet.
    var awaitsFirstSince: Int64?
    /// The revision of its rules that the changelog has; 0: none.
    var storedRevision: UInt32 = 0
  }

  /// How far a partition has come whose state is restored.
  enum Way {
    /// Records that were evaluated before its state was restored are read once more. Nothing is evaluated.
    case isReplayed(SilentReplay)
    /// Its records are evaluated.
    case isLive
  }

  /// Where a partition ended.
  struct AskedEnd {
    /// Its high watermark, when that was asked for or a little later.
    var end: Int64
    /// When it was asked for, on the clock of `Evaluation.clock`.
    var asked: Int64
  }

  /// A record that couldn't be read, for the log.
  struct BadRecord: Equatable {
    var partition: LogPartition
    var offset: Int64
    var reason: BadReason
    /// Of one whose time is in the future; nil: it isn't.
    var ahead: Ahead?

    /// How far, and whose it is.
    struct Ahead: Equatable {
      /// nil: it can't be told.
      var subject: String?
      /// Milliseconds ahead of its Kafka time; nil: beyond any time that can be.
      var by: Int64?
      /// Kafka's time is the broker's, not the producer's.
      var isOfBroker: Bool
    }
  }

  /// How many bad records of a batch are kept for the log; the rest is only counted.
  static let keptBadRecords = 4

  /// The source topics, the group, and how records are taken.
  let plan: WorkerPlan
  /// The source topics, in the plan's order.
  let sources: [Source]
  /// Milliseconds since the epoch on the wall clock, set before each batch: in topics whose times are their producers' the
  /// log's time is no later.
  var wall: Int64 = 0
  /// Milliseconds on the monotonic clock, set before each batch.
  var clock: Int64 = 0
  /// What is counted here and in the engines of partitions that are no longer held.
  package var numbers = EvaluatorNumbers()
  /// Transitions made since the worker last took them, and the partition of each.
  var transitions: [Transition] = []
  var owners: [LogPartition] = []
  /// Bad records since the worker last took them.
  var badRecords: [BadRecord] = []
  /// The first record without a key in a topic of several partitions that the worker hasn't spoken of.
  var keyless: LogPartition?
  /// A record without a key came since the partitions were last counted.
  var sawRecordWithoutKey = false
  /// The Kafka time from which on the group evaluates each of the topics, as far as it is known.
  var since: [Int: WallTime] = [:]
  /// Topics of which it is known that they may be read.
  var readable: Set<Int> = []
  /// Partitions whose replay has ended since the worker last asked.
  var live: [LogPosition] = []

  var partitions: [Partition] = []
  var table = PartitionIndex()

  /// Holds nothing yet.
  ///
  /// - Parameter rules: those of each source topic.
  init(_ plan: WorkerPlan, rules: SourceRules) {
    self.plan = plan
    sources = plan.topics.enumerated().map { number, topic in
      Source(topic: topic, group: plan.group, rules: rules[number], maxFuture: plan.maxFuture.wholeMilliseconds)
    }
  }

  // MARK: Records

  package mutating func batchBegins(at now: MonotonicTime) { setClock(now) }

  /// Most records have the host as their key: by it the engine finds what it will need.
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

  /// The transitions that were made last, and that nobody owns yet, are this partition's.
  @inline(never)
  mutating func own(_ id: LogPartition) {
    owners.append(contentsOf: repeatElement(id, count: transitions.count - owners.count))
  }

  /// Takes the transitions that were made since this was last called, in their order, each with its partition.
  mutating func takeTransitions(_ body: (Transition, LogPartition) -> Void) {
    for (transition, owner) in zip(transitions, owners) { body(transition, owner) }
    transitions.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
  }

  /// What the future of a record is measured against: its Kafka time, whoever gave it that. So a replay decides as was
  /// decided then, and an evaluator whose own clock is wrong refuses nobody. A producer whose clock is ahead, in a topic
  /// that keeps its times, is ahead with both, and alone with it. Without a Kafka time nothing tells.
  @inline(__always)
  static func clock(of kafkaTime: Int64) -> Int64 { kafkaTime < 0 ? .max : kafkaTime }

  /// How far the Kafka time of the last record of some partition is ahead of the wall clock; nil if of none.
  package var aheadOfClock: Duration? {
    let latest = partitions.lazy.compactMap { $0.isLive ? $0.last?.kafkaTime : nil }.max()
    guard let latest, latest > wall else { return nil }
    return .milliseconds(latest - wall)
  }

  /// A record that isn't to be evaluated: of a partition that isn't held, or that is still replayed, or below the
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

  /// The oldest of those that waited for the partition comes first.
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

  /// The offset of the next record that comes, for the first time or once more.
  var nextOffset: Int64 { if case .isReplayed(let replay) = way { replay.position } else { position } }

  /// The record's Kafka time, which moves the log's on. Under LogAppendTime that is the log's, which doesn't fall when
  /// the leader changes to a broker whose clock is behind.
  @inline(__always)
  func settle(_ record: LogRecord, _ wall: Int64) -> Int64 {
    // A producer whose clock is ahead makes nobody look gone.
    let logTime = applying.advance(logTime: record.isLogAppendTime ? record.kafkaTime : min(record.kafkaTime, wall))
    return record.isLogAppendTime ? logTime : record.kafkaTime
  }
}
