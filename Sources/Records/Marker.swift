/// The changelog's record on a partition of the source topic, written with every delivery.
public struct Marker: Equatable, Sendable {
  /// The offset of the next record to evaluate. The transitions of all earlier records are published.
  public var position: Int64
  /// *Low-water mark*: every change by a record before this offset is in a checkpoint. At most `position`.
  public var lowWater: Int64
  /// The greatest Kafka time, under LogAppendTime, of the records up to and including the one at the low-water mark; a
  /// replay from there starts with it. Milliseconds since the epoch; -1 if there is none.
  public var lowWaterLogTime: Int64
  /// The greatest Kafka time, under LogAppendTime, of all records before the position; -1 if there is none.
  public var logTime: Int64
  /// The last evaluated record. If the topic has another record at its offset, it was deleted and created again.
  public var fingerprint: Fingerprint?
  /// The revision of the partition's rules that was in force at the position.
  public var rulesRevision: UInt32
  /// The first offset from which records without a key belong to the subject `HOST#PARTITION`; nil if none do.
  public var keylessFrom: Int64?
  /// The topic's incarnation: rises by 1 each time the topic is deleted and created again. Checkpoints of an earlier
  /// epoch cover no offset.
  public var epoch: UInt32 = 0
  /// The offset of the first record at or after the low-water mark whose subject was refused, or an earlier offset; nil
  /// if there is none. From there on a replay accepts only subjects that have a checkpoint.
  public var refusedSince: Int64?

  /// A record's offset and time.
  public struct Fingerprint: Equatable, Sendable {
    /// The record's offset.
    public var offset: Int64
    /// Its Kafka timestamp, milliseconds since the epoch.
    public var kafkaTime: Int64

    /// The fingerprint of the record at `offset` with this time.
    public init(offset: Int64, kafkaTime: Int64) {
      self.offset = offset
      self.kafkaTime = kafkaTime
    }
  }

  /// A marker at `position`, with every change before it in a checkpoint.
  public init(position: Int64, rulesRevision: UInt32) {
    self.position = position
    lowWater = position
    lowWaterLogTime = -1
    logTime = -1
    self.rulesRevision = rulesRevision
  }

  /// Version 1 had no `refusedSince`; before version 3 the checksum was statusd's own.
  private static let version: UInt8 = 3

  /// Writes the marker's value. `key` is its record's key.
  public func write(to writer: inout BinaryWriter, key: UnsafeRawBufferPointer) {
    writer.byte(Marker.version)
    writer.signed(position)
    writer.signed(position - lowWater)
    writer.signed(lowWaterLogTime)
    writer.signed(logTime)
    writer.unsigned(UInt64(rulesRevision))
    writer.optional(fingerprint) { writer, fingerprint in
      writer.signed(fingerprint.offset)
      writer.signed(fingerprint.kafkaTime)
    }
    writer.optional(keylessFrom) { $0.signed($1) }
    writer.unsigned(UInt64(epoch))
    writer.optional(refusedSince) { $0.signed($1) }
    writer.seal(for: key)
  }

  /// Reads the marker with this value and key.
  public init(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) throws(ChangelogProblem) {
    var (version, reader) = try BinaryReader.sealed(value, for: key, version: Marker.version, checksumSince: 3)
    position = try reader.signed()
    let behind = try reader.signed()
    guard position >= 0, behind >= 0, behind <= position else { throw .impossible("position") }
    lowWater = position - behind
    lowWaterLogTime = try reader.signed()
    logTime = try reader.signed()
    guard lowWaterLogTime >= -1, logTime >= lowWaterLogTime else { throw .impossible("time") }
    rulesRevision = try reader.number32("revision")
    fingerprint = try reader.optional("fingerprint") { reader throws(ChangelogProblem) in
      Fingerprint(offset: try reader.signed(), kafkaTime: try reader.signed())
    }
    keylessFrom = try reader.optional("keyless offset") { reader throws(ChangelogProblem) in try reader.signed() }
    epoch = try reader.number32("epoch")
    if version >= 2 {
      refusedSince = try reader.optional("refused offset") { reader throws(ChangelogProblem) in try reader.signed() }
    }
    try reader.end()
  }
}
