import Platform
import Records
import Streams

/// One stream that a worker meters.
final class MeteredStream {
  /// How far it has come.
  enum Way: Equatable {
    /// It has no state yet: brokers are asked where its partitions end.
    case begins
    /// Its first state must be committed before anything is read: a successor then begins at the same place.
    case isRecorded
    /// Its records are counted.
    case isLive
  }

  /// A partition that gives nothing.
  struct Standstill {
    /// Its position, since when, and the number of deliveries and of full reads then. Time alone shows nothing: while a
    /// delivery is under way nothing is read, and in a backlog other partitions may be read first.
    var offset: Int64
    var since: MonotonicTime
    var deliveries: Int
    var fullReads: Int
  }

  let definition: StreamDefinition
  /// The partition of the topic of streams that has its state.
  let partition: LogPartition
  private(set) var way: Way
  var meter: StreamMeter
  private var reader: StreamReader
  private var facts: RecordFacts
  /// Whether records are only counted.
  private let countsOnly: Bool
  /// How many of its partitions weren't read when positions were given last, because they were ahead of others.
  var waiting = 0
  /// Whether its state watched the same topics: what it hasn't got came into being since.
  let hadSameTopics: Bool
  /// Whether its state must go into the next delivery.
  var mustWrite = false
  /// Partitions whose leader was asked for an end and gave no answer.
  var unanswered: [StreamPartition: Standstill] = [:]
  /// Partitions that don't come on although they have more records.
  var stuck: [StreamPartition: Standstill] = [:]
  /// The topics and how many partitions each had when they were looked at last; nil if they weren't yet.
  var known: [String: Int]?
  private let topicPatterns: [Expression]

  /// - Parameter state: nil for a stream that nobody has metered yet.
  /// - Throws: if one of the definition's expressions can't be compiled.
  init(
    _ definition: StreamDefinition, of partition: LogPartition, state: StreamState?
  ) throws(Expression.Problem) {
    self.definition = definition
    self.partition = partition
    reader = try StreamReader(definition)
    facts = RecordFacts(for: definition)
    countsOnly = definition.format == .none && definition.division == nil
    var patterns: [Expression] = []
    for case .pattern(let pattern) in definition.topics { patterns.append(try Expression(pattern)) }
    topicPatterns = patterns
    way = state == nil ? .begins : .isLive
    hadSameTopics = state?.topics == StreamState.hash(ofTopics: definition.topics)
    meter = StreamMeter(
      definition, state ?? StreamState(definition: StreamState.hash(of: definition), told: 0))
  }

  /// It begins with these partitions at their ends, at the brokers' time `clock`.
  func begin(at clock: Int64, _ ends: [(partition: StreamPartition, end: Int64)]) {
    meter = StreamMeter(
      definition,
      StreamState(
        definition: StreamState.hash(of: definition), told: clock,
        lanes: ends.map { .init(partition: $0.partition, position: $0.end) }))
    way = .isRecorded
    mustWrite = true
  }

  /// Its state is committed.
  func isCommitted() {
    if way == .isRecorded { way = .isLive }
  }

  /// Whether one of its topic expressions matches `topic`, or it names it. Topics that begin with `__` need their name.
  func watches(_ topic: String) -> Bool {
    if definition.topics.contains(.name(topic)) { return true }
    if topic.hasPrefix("__") { return false }
    return topicPatterns.contains { pattern in
      Array(topic.utf8).withUnsafeBytes { if case .matches = pattern.match($0) { true } else { false } }
    }
  }

  /// Counts a record.
  func receive(_ record: LogRecord, lane: Int, latest: Int64) {
    let bytes = (record.key?.count ?? 0) + (record.value?.count ?? 0)
    let limit = record.isLogAppendTime ? latest + 60_000 : latest
    if countsOnly {
      return meter.receive(
        lane: lane, offset: record.offset, kafkaTime: record.kafkaTime, notLaterThan: limit, bytes: bytes, facts: nil)
    }
    reader.read(key: record.key, value: record.value, into: &facts)
    meter.receive(
      lane: lane, offset: record.offset, kafkaTime: record.kafkaTime, notLaterThan: limit, bytes: bytes, facts: facts)
  }

  /// The names of the counts whose expressions exceeded their limits since the last call.
  func takeExceeded() -> [String] { reader.takeExceeded() }
}
