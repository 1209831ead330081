/// What the changelog says of a partition of the source topic; written with every delivery.
public struct Marker: Equatable, Sendable {
  /// The offset of the next record to evaluate: the transitions of all before it are out.
  public var position: Int64
  /// *Low-water mark*: every change by a record before this offset stands in a checkpoint. At most `position`.
  public var lowWater: Int64
  /// The greatest Kafka time, under LogAppendTime, of the records as far as the low-water mark's own; -1: none. What a
  /// replay from there begins with. Milliseconds since the epoch.
  public var lowWaterLogTime: Int64
  /// The same of all records before the position.
  public var logTime: Int64
  /// The last record that was evaluated, which the topic must still have, or have dropped: a topic that was deleted and
  /// created again is told by it.
  public var fingerprint: Fingerprint?
  /// Which of the partition's rule sets was in force at the position.
  public var rulesRevision: UInt32
  /// From which offset on a record without a key belongs to `HOST#PARTITION`; nil: nowhere.
  public var keylessFrom: Int64?
  /// Which of its lives the topic lives: one more each time that it was deleted and created again. A checkpoint of an
  /// earlier one covers no offset.
  public var epoch: UInt32 = 0
  /// The first record from the low-water mark on whose subject was refused, or an earlier one; nil: there is none. From
  /// there on a replay knows only subjects that have a checkpoint.
  public var refusedSince: Int64?

  /// A record and its time.
  public struct Fingerprint: Equatable, Sendable {
    /// Where it stands.
    public var offset: Int64
    /// Its Kafka timestamp, milliseconds since the epoch.
    public var kafkaTime: Int64

    /// The record at `offset` with this time.
    public init(offset: Int64, kafkaTime: Int64) {
      self.offset = offset
      self.kafkaTime = kafkaTime
    }
  }

  /// A marker at `position`, with nothing unwritten before it.
  public init(position: Int64, rulesRevision: UInt32) {
    self.position = position
    lowWater = position
    lowWaterLogTime = -1
    logTime = -1
    self.rulesRevision = rulesRevision
  }

  /// 1 knew nothing of subjects that are refused; before 3 the checksum was statusd's own.
  private static let version: UInt8 = 3

  /// Writes the marker's value; `key` is the key that it will stand under.
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

  /// The marker that stands as `value` under `key`.
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
