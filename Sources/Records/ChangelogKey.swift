/// The subject matter of a changelog record, decoded from its key.
public enum ChangelogKey: Equatable, Sendable {
  /// The state of one subject.
  case checkpoint(subject: [UInt8])
  /// A closed chunk of samples of one of the subject's tracks.
  case chunk(subject: [UInt8], track: UInt32, number: UInt64)
  /// The evaluation progress of a partition of the source topic.
  case marker(partition: Int32)
  /// The rules in force in a partition.
  case rules(partition: Int32)
  /// What a meter knows of a consumer group.
  case group([UInt8])
}

/// The changelog keys of one group for one source topic: a byte for the kind, then group, topic and the rest, each text
/// with a length prefix. So different things never have the same key, and groups can share a changelog.
public struct ChangelogScope: Sendable, Equatable {
  /// The consumer group.
  public let group: String
  /// The source topic.
  public let topic: String
  /// The bytes after the kind in every key.
  private let prefix: [UInt8]

  private enum Kind: UInt8 {
    case checkpoint = 0x63  // c
    case marker = 0x6D  // m
    case rules = 0x72  // r
    case chunk = 0x77  // w, of window
    case blank = 0x62  // b
    case group = 0x67  // g
  }

  /// The keys of `group` for `topic`.
  public init(group: String, topic: String) {
    self.group = group
    self.topic = topic
    var writer = BinaryWriter()
    writer.text(group)
    writer.text(topic)
    prefix = writer.bytes
  }

  /// Writes the key of a subject's checkpoint.
  public func writeCheckpointKey(of subject: UnsafeRawBufferPointer, to writer: inout BinaryWriter) {
    begin(.checkpoint, &writer)
    writer.blob(subject)
  }

  /// Writes the key of a chunk.
  public func writeChunkKey(
    of subject: UnsafeRawBufferPointer, track: UInt32, number: UInt64, to writer: inout BinaryWriter
  ) {
    begin(.chunk, &writer)
    writer.blob(subject)
    writer.unsigned(UInt64(track))
    writer.unsigned(number)
  }

  /// Writes the key of a partition's marker.
  public func writeMarkerKey(of partition: Int32, to writer: inout BinaryWriter) {
    begin(.marker, &writer)
    writer.signed(Int64(partition))
  }

  /// Writes the key of the rules in force in a partition.
  public func writeRulesKey(of partition: Int32, to writer: inout BinaryWriter) {
    begin(.rules, &writer)
    writer.signed(Int64(partition))
  }

  /// Writes the key of what a meter knows of a consumer group.
  public func writeGroupKey(of name: UnsafeRawBufferPointer, to writer: inout BinaryWriter) {
    begin(.group, &writer)
    writer.blob(name)
  }

  /// Writes the key of a record without content, which readers skip. It is for a transaction that must contain a
  /// record.
  public func writeBlankKey(to writer: inout BinaryWriter) { begin(.blank, &writer) }

  private func begin(_ kind: Kind, _ writer: inout BinaryWriter) {
    writer.byte(kind.rawValue)
    writer.raw(prefix)
  }

  /// Decodes a key. Throws `.foreign` if it belongs to another group or topic, or is of a kind that this version
  /// doesn't know.
  public func read(_ key: UnsafeRawBufferPointer) throws(ChangelogProblem) -> ChangelogKey {
    var reader = BinaryReader(key)
    guard key.count > prefix.count, let kind = Kind(rawValue: try reader.byte()) else { throw .foreign }
    guard try reader.raw(prefix.count).elementsEqual(prefix) else { throw .foreign }
    let result: ChangelogKey
    switch kind {
    case .checkpoint:
      result = .checkpoint(subject: try ChangelogScope.subject(&reader))
    case .chunk:
      let subject = try ChangelogScope.subject(&reader)
      result = .chunk(subject: subject, track: try reader.number32("track"), number: try reader.unsigned())
    case .marker:
      result = .marker(partition: try ChangelogScope.partition(&reader))
    case .rules:
      result = .rules(partition: try ChangelogScope.partition(&reader))
    case .group: result = .group(try ChangelogScope.subject(&reader))
    case .blank: throw .foreign
    }
    try reader.end()
    return result
  }

  private static func subject(_ reader: inout BinaryReader) throws(ChangelogProblem) -> [UInt8] {
    let subject = try reader.blob()
    guard (1...Int(UInt16.max)).contains(subject.count) else { throw .impossible("subject") }
    return Array(subject)
  }

  private static func partition(_ reader: inout BinaryReader) throws(ChangelogProblem) -> Int32 {
    guard let number = Int32(exactly: try reader.signed()), number >= 0 else { throw .impossible("partition") }
    return number
  }
}
