import Records
import Rules

/// What a worker knows of its partitions, and does with their records. No I/O, no clock: `receive` is the hot path,
/// from a record's bytes to the transitions it makes.
struct Evaluation: ~Copyable, LogReceiver {
  /// One partition that the worker holds.
  struct Partition {
    /// Which one.
    let id: LogPartition
    /// Its rules and what they remember.
    let engine: Engine
    /// The same, for each record.
    let applying: Engine.Unretained
    /// The offset of the next record to evaluate; what is below is left out.
    var position: Int64
    /// The position that the group knows; nil: none.
    var committed: Int64?
  }

  /// A record that couldn't be read, for the log.
  struct BadRecord: Equatable {
    var partition: LogPartition
    var offset: Int64
    var reason: BadReason
  }

  /// How many bad records of a batch are kept for the log; the rest is only counted.
  static let keptBadRecords = 4

  /// The source topics' names.
  let topics: [String]
  /// How many partitions each of them has, as far as is known.
  private var partitionCounts: [Int32]
  /// Milliseconds since the epoch on the wall clock, set before each batch: what the future is measured against in
  /// topics whose times are their producers'.
  var wall: Int64 = 0
  /// What is counted here and in the engines of partitions that are no longer held.
  var numbers = EvaluatorNumbers()
  /// Transitions made since the worker last took them.
  var transitions: [Transition] = []
  /// Bad records since the worker last took them.
  var badRecords: [BadRecord] = []
  /// The first record without a key in a topic of several partitions that the worker hasn't spoken of.
  var keyless: LogPartition?
  /// A record without a key came since the partitions were last counted.
  var sawRecordWithoutKey = false

  private(set) var partitions: [Partition] = []
  private var table = PartitionTable()
  private var rules: RuleSet
  private let maxFuture: Int64
  private var reader: RecordReader

  /// - Parameters:
  ///   - topics: the source topics.
  ///   - maxFuture: milliseconds that a record may be ahead of the log's time.
  init(topics: [String], rules: RuleSet, maxFuture: Int64) {
    self.topics = topics
    self.rules = rules
    self.maxFuture = maxFuture
    partitionCounts = [Int32](repeating: 1, count: topics.count)
    reader = RecordReader(plan: rules.plan, maxFuture: maxFuture)
  }

  // MARK: Records

  /// Most records have the host as their key: by it the engine finds what it will need.
  mutating func expect(_ record: LogRecord) {
    let place = table.place(of: record.partition)
    if place >= 0, let key = record.key { partitions[place].applying.expect(key: key) }
  }

  mutating func receive(_ record: LogRecord) {
    let place = table.place(of: record.partition)
    guard place >= 0, record.offset >= partitions[place].position else {
      numbers.dropped += 1
      return
    }
    partitions[place].position = record.offset + 1
    numbers.records += 1
    var kafkaTime = record.kafkaTime
    var clock = wall
    if record.isLogAppendTime {
      // It doesn't fall when the leader changes to a broker whose clock is behind.
      kafkaTime = max(kafkaTime, partitions[place].engine.logTime)
      partitions[place].engine.logTime = kafkaTime
      clock = kafkaTime
    } else {
      // A producer whose clock is ahead makes nobody look gone.
      partitions[place].engine.logTime = max(partitions[place].engine.logTime, min(kafkaTime, wall))
    }
    switch reader.read(value: record.value, key: record.key, kafkaTime: kafkaTime, clock: clock) {
    case .record:
      if !reader.hasKey { note(recordWithoutKeyIn: record.partition) }
      partitions[place].applying.apply(reader, offset: record.offset, into: &transitions)
    case .tombstone:
      numbers.tombstones += 1
      partitions[place].engine.forget(reader, into: &transitions)
    case .tombstoneWithoutKey:
      numbers.tombstonesWithoutKey += 1
    case .bad(let reason):
      refuse(record, reason)
    }
  }

  mutating func receiveEnd(of partition: LogPartition, position: Int64) {
    let place = table.place(of: partition)
    guard place >= 0, position > partitions[place].position else { return }
    partitions[place].position = position
  }

  private mutating func note(recordWithoutKeyIn partition: LogPartition) {
    sawRecordWithoutKey = true
    if keyless == nil, partitionCounts[partition.topic] > 1 { keyless = partition }
  }

  private mutating func refuse(_ record: LogRecord, _ reason: BadReason) {
    numbers.badByReason[Int(reason.rawValue)] += 1
    if badRecords.count < Self.keptBadRecords {
      badRecords.append(BadRecord(partition: record.partition, offset: record.offset, reason: reason))
    }
  }

  // MARK: Partitions

  /// Holds a partition from now on, its state empty.
  mutating func add(_ id: LogPartition, position: Int64, committed: Int64?) {
    remove([id])
    let engine = Engine(rules: rules, topic: topics[id.topic], partition: id.number)
    if partitionCounts[id.topic] > 1 { engine.keylessFrom = 0 }
    partitions.append(
      Partition(id: id, engine: engine, applying: engine.unretained, position: position, committed: committed))
    table.rebuild(partitions.map(\.id))
  }

  /// Holds these partitions no longer.
  mutating func remove(_ ids: [LogPartition]) {
    for partition in partitions where ids.contains(partition.id) {
      numbers.add(partition.engine.counters)
      numbers.badForRule += partition.engine.badForRules
    }
    partitions.removeAll { ids.contains($0.id) }
    table.rebuild(partitions.map(\.id))
  }

  /// A source topic has `count` partitions. In one of several, a record without a key belongs to the subject
  /// `HOST#PARTITION`: state is per partition, and such a record may stand in any of them.
  mutating func setPartitionCount(_ count: Int32, ofTopic topic: Int) {
    partitionCounts[topic] = count
    for partition in partitions where partition.id.topic == topic && count > 1 && partition.engine.keylessFrom == nil {
      partition.engine.keylessFrom = partition.position
    }
  }

  /// Records of a partition that is held are evaluated from `position` on, which isn't below its own.
  mutating func advance(_ id: LogPartition, to position: Int64) {
    receiveEnd(of: id, position: position)
  }

  /// Whether a position moved since it was last committed.
  var hasUncommittedPositions: Bool { partitions.contains { $0.position != $0.committed && $0.position > 0 } }

  /// The positions that moved since they were last committed.
  var uncommittedPositions: [(partition: LogPartition, position: Int64)] {
    partitions.filter { $0.position != $0.committed && $0.position > 0 }.map { ($0.id, $0.position) }
  }

  /// These positions are committed.
  mutating func committed(_ positions: [(partition: LogPartition, position: Int64)]) {
    for (id, position) in positions {
      let place = table.place(of: id)
      if place >= 0 { partitions[place].committed = position }
    }
  }

  // MARK: Rules

  /// From the next record on `rules` hold, in every partition at once.
  mutating func replaceRules(_ rules: RuleSet) {
    self.rules = rules
    reader = RecordReader(plan: rules.plan, maxFuture: maxFuture)
    for partition in partitions {
      let counted = partition.engine.badForRules
      partition.engine.replaceRules(rules, into: &transitions)
      // What was counted for a rule that is gone stays counted.
      numbers.badForRule += counted - partition.engine.badForRules
    }
  }

  /// What the engines met that people should read, since this was last asked.
  func takeHappenings() -> [(partition: LogPartition, happening: Happening)] {
    var taken: [(partition: LogPartition, happening: Happening)] = []
    for partition in partitions {
      for happening in partition.engine.takeHappenings() { taken.append((partition.id, happening)) }
    }
    return taken
  }

  /// How many rules are in force.
  var ruleCount: Int { rules.rules.count }

  // MARK: Numbers

  /// How many offsets of the partitions held are still to be evaluated; nil: no partition is held, or the log doesn't
  /// know yet how far one of them goes.
  func lag<Log: EvaluatorLog & ~Copyable>(in log: inout Log) -> Int64? {
    if partitions.isEmpty { return nil }
    var lag: Int64 = 0
    for partition in partitions {
      guard let end = log.highWatermark(of: partition.id) else { return nil }
      lag += max(0, end - partition.position)
    }
    return lag
  }

  /// All that was counted, the engines' part included.
  var totals: EvaluatorNumbers {
    var totals = numbers
    for partition in partitions {
      let counters = partition.engine.counters
      totals.add(counters)
      totals.badForRule += partition.engine.badForRules
      totals.firing += Int64(counters.firing)
      totals.pending += Int64(counters.pending)
      totals.subjects += Int64(counters.subjects)
    }
    totals.partitions = Int64(partitions.count)
    return totals
  }
}

extension EvaluatorNumbers {
  /// Adds what an engine has counted; what it holds now isn't part of it.
  fileprivate mutating func add(_ counters: EngineCounters) {
    late += Int64(counters.late)
    repeated += Int64(counters.repeated)
    clocksSetBack += Int64(counters.clockSetBack)
    samplesDropped += Int64(counters.samplesDropped)
  }
}

extension Engine {
  /// Records in which a rule found no finite number, over all rules.
  fileprivate var badForRules: Int64 { Int64(badRecords.reduce(0, +)) }
}
