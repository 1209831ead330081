import Platform
import Records

/// The record: about 10 bytes for each partition of a group that keeps up.
extension GroupState {
  private static let version: UInt8 = 1
  /// The greatest length of a record, in bytes: half of what brokers take unless told otherwise.
  static let greatestRecord = 512 << 10
  /// The greatest length of a partition, and of a topic beside its name and partitions.
  private static let greatestPart = 46

  /// Writes the value of its record, whose key is `key`. A topic for which the record has no room is left out: the next
  /// meter sees it for the first time.
  public func write(to writer: inout BinaryWriter, key: UnsafeRawBufferPointer) {
    writer.byte(Self.version)
    writer.unsigned(UInt64(max(0, told)))
    wait.write(to: &writer, told: told)
    for (name, topic) in topics.sorted(by: { $0.key < $1.key }) {
      let length = name.utf8.count + Self.greatestPart * (topic.lanes.count + 1)
      if writer.bytes.count + length > Self.greatestRecord { continue }
      writer.text(name)
      writer.byte(topic.standing.rawValue)
      topic.wait.write(to: &writer, told: told)
      writer.count(topic.lanes.count)
      for (number, lane) in topic.lanes.sorted(by: { $0.key < $1.key }) {
        writer.signed(Int64(number))
        writer.unsigned(UInt64(max(0, lane.committed)))
        // None of them is negative, so no difference exceeds 64 bits.
        writer.signed(lane.committed - lane.start)
        writer.signed(lane.end - lane.committed)
        write(lane.first, behind: lane.end, to: &writer)
      }
    }
    writer.seal(for: key)
  }

  private func write(_ first: GroupAnswer.FirstRecord, behind end: Int64, to writer: inout BinaryWriter) {
    switch first {
    case .unknown: writer.byte(0)
    case .refused: writer.byte(1)
    case .nothing(let before):
      writer.byte(2)
      writer.signed(end &- before)
    case .record(let time):
      writer.byte(3)
      writer.signed(told &- time)
    }
  }

  /// Reads the record with this value and key.
  public init(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) throws(ChangelogProblem) {
    var (_, reader) = try BinaryReader.sealed(value, for: key, version: Self.version, checksumSince: 1)
    told = try Self.offset(try reader.unsigned(), "time")
    guard told <= WallTime.latest.milliseconds else { throw .impossible("time") }
    wait = try GroupWait(from: &reader, told: told)
    while reader.left > 0 {
      let name = try reader.text("topic")
      guard let standing = Standing(rawValue: try reader.byte()) else { throw .impossible("standing") }
      var topic = Topic(standing: standing, wait: try GroupWait(from: &reader, told: told))
      for _ in 0..<(try reader.count(ofSize: 5)) {
        guard let number = Int32(exactly: try reader.signed()) else { throw .impossible("partition") }
        let committed = try Self.offset(try reader.unsigned(), "position")
        let start = committed &- (try reader.signed())
        let end = committed &+ (try reader.signed())
        guard start >= 0, end >= 0 else { throw .impossible("log") }
        let first = try Self.first(from: &reader, behind: end, told: told)
        topic.lanes[number] = Lane(committed: committed, start: start, end: end, first: first)
      }
      topics[name] = topic
    }
  }

  private static func offset(_ number: UInt64, _ field: String) throws(ChangelogProblem) -> Int64 {
    guard let offset = Int64(exactly: number) else { throw .impossible(field) }
    return offset
  }

  private static func first(
    from reader: inout BinaryReader, behind end: Int64, told: Int64
  ) throws(ChangelogProblem) -> GroupAnswer.FirstRecord {
    switch try reader.byte() {
    case 0: .unknown
    case 1: .refused
    case 2: .nothing(before: end &- (try reader.signed()))
    case 3: .record(time: told &- (try reader.signed()))
    default: throw .impossible("first record")
    }
  }
}
