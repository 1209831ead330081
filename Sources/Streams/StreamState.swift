import Platform
import Records

/// How far a stream is told: what its next meter needs. A record of the topic of streams.
public struct StreamState: Equatable, Sendable {
  /// One partition.
  public struct Lane: Equatable, Sendable {
    /// Which one.
    public var partition: StreamPartition
    /// The first offset that isn't told.
    public var position: Int64
    /// From here on records are read again for distinct values; at most `position`.
    public var reread: Int64
    /// Whether nobody waits for it.
    public var isMissing: Bool

    /// A partition that is told up to `position`.
    public init(partition: StreamPartition, position: Int64, reread: Int64? = nil, isMissing: Bool = false) {
      self.partition = partition
      self.position = position
      self.reread = min(position, reread ?? position)
      self.isMissing = isMissing
    }
  }

  /// What it was asked for, as `hash(of:)` has it. What was counted for another definition isn't used.
  public var definition: UInt64
  /// Which topics it watched, as `hash(ofTopics:)` has it. A topic that somebody names later begins at its end; one that
  /// comes into being later, at its beginning.
  public var topics: UInt64
  /// The end of the last interval that was told, milliseconds since the epoch. A new stream begins here.
  public var told: Int64
  /// The Kafka time of the last record up to it; nil if there was none.
  public var lastRecord: Int64?
  /// From this time on all records are known for distinct values, or are read again. For a new stream it is `told`.
  public var wholeFrom: Int64
  /// The values that get readings, each with the end of the last interval in which it had records.
  public var values: [[UInt8]: Int64]
  /// The partitions.
  public var lanes: [Lane]

  /// The state of a stream that begins at `told`.
  public init(
    definition: UInt64, topics: UInt64 = 0, told: Int64, lastRecord: Int64? = nil, wholeFrom: Int64? = nil,
    values: [[UInt8]: Int64] = [:], lanes: [Lane] = []
  ) {
    self.definition = definition
    self.topics = topics
    self.told = told
    self.lastRecord = lastRecord
    self.wholeFrom = wholeFrom ?? told
    self.values = values
    self.lanes = lanes
  }

  /// Whether its values were counted for this definition.
  func isOf(_ other: StreamDefinition) -> Bool { definition == Self.hash(of: other) }

  /// A number that differs if what is counted differs: 64 bits of FNV-1a over a text of all parts.
  public static func hash(of definition: StreamDefinition) -> UInt64 {
    let text =
      "\(definition.interval.wholeNanoseconds) \(definition.format) \(String(describing: definition.time)) "
      + "\(String(describing: definition.greatestAge)) "
      + "\(String(describing: definition.division)) \(definition.counts) \(definition.measures) \(definition.distincts)"
    return lastingHash(text)
  }

  /// The same for the topics.
  public static func hash(ofTopics topics: [StreamDefinition.Topics]) -> UInt64 { lastingHash("\(topics)") }

  /// Since 2 it says from when on distinct values are whole.
  private static let version: UInt8 = 2

  /// Writes the value of its record, whose key is `key`.
  public func write(to writer: inout BinaryWriter, key: UnsafeRawBufferPointer) {
    writer.byte(Self.version)
    writer.fixed(definition)
    writer.fixed(topics)
    writer.signed(told)
    writer.optional(lastRecord) { $0.signed($1) }
    writer.signed(told &- wholeFrom)
    writer.count(values.count)
    for (value, last) in values.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      value.withUnsafeBytes { writer.blob($0) }
      writer.signed(told - last)
    }
    // Partitions of one topic follow each other: its name is written once.
    let topics = Dictionary(grouping: lanes, by: \.partition.topic)
    writer.count(topics.count)
    for (topic, lanes) in topics.sorted(by: { $0.key < $1.key }) {
      writer.text(topic)
      writer.count(lanes.count)
      for lane in lanes.sorted(by: { $0.partition < $1.partition }) {
        writer.unsigned(UInt64(lane.partition.number))
        writer.signed(lane.position)
        writer.signed(lane.position - lane.reread)
        writer.byte(lane.isMissing ? 1 : 0)
      }
    }
    writer.seal(for: key)
  }

  /// Reads the record with this value and key.
  public init(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) throws(ChangelogProblem) {
    var (version, reader) = try BinaryReader.sealed(value, for: key, version: Self.version, checksumSince: 1)
    definition = try reader.fixed()
    topics = try reader.fixed()
    told = try reader.signed()
    guard told >= 0, told <= WallTime.latest.milliseconds else { throw .impossible("time") }
    lastRecord = try reader.optional("last record") { reader throws(ChangelogProblem) in
      let time = try reader.signed()
      guard time >= 0, time <= WallTime.latest.milliseconds else { throw .impossible("last record") }
      return time
    }
    wholeFrom = told
    if version >= 2 {
      let (time, isBeyond) = told.subtractingReportingOverflow(try reader.signed())
      guard !isBeyond, time <= WallTime.latest.milliseconds else { throw .impossible("time") }
      wholeFrom = time
    }
    values = [:]
    for _ in 0..<(try reader.count(ofSize: 2)) {
      let text = Array(try reader.blob())
      let (last, isBeyond) = told.subtractingReportingOverflow(try reader.signed())
      guard !isBeyond, (0...told).contains(last) else { throw .impossible("time") }
      values[text] = last
    }
    lanes = []
    for _ in 0..<(try reader.count(ofSize: 2)) {
      let topic = try reader.text("topic")
      for _ in 0..<(try reader.count(ofSize: 4)) {
        guard let number = Int32(exactly: try reader.unsigned()) else { throw .impossible("partition") }
        let partition = StreamPartition(topic, number)
        // In order, so none is there twice.
        if let last = lanes.last?.partition, last >= partition { throw .impossible("partition") }
        let position = try reader.signed()
        let behind = try reader.signed()
        guard position >= 0, behind >= 0, behind <= position else { throw .impossible("position") }
        let isMissing = try reader.byte()
        guard isMissing <= 1 else { throw .impossible("missing") }
        lanes.append(
          Lane(
            partition: partition, position: position, reread: position - behind, isMissing: isMissing == 1))
      }
    }
    try reader.end()
  }
}
