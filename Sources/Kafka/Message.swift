/// One record of a batch, or what stands between records. Valid as long as its batch.
///
/// A plain value without references: reading one allocates and counts nothing.
public struct Message: BitwiseCopyable {
  /// What stands here.
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// A record.
    case record
    /// Everything up to `offset` has been read; the next record will have that offset or a later one.
    case endOfPartition
    /// The partition can't be read: `Batch.error(at:)` says why.
    case error
  }

  /// Where a record's timestamp comes from.
  public enum TimestampKind: UInt8, BitwiseCopyable, Sendable {
    /// There is none.
    case none
    /// The producer wrote it (`CreateTime`).
    case created
    /// The broker wrote it (`LogAppendTime`).
    case appended
  }

  /// The record's offset.
  public let offset: Int64
  /// Kafka's timestamp, milliseconds since the epoch; -1: none.
  public let timestamp: Int64
  @usableFromInline let valueStart: UnsafeRawPointer?
  @usableFromInline let keyStart: UnsafeRawPointer?
  @usableFromInline let valueCount: Int
  @usableFromInline let keyCount: Int
  /// A small number for topic and partition, the same as long as the consumer lives: `Consumer.partition(at:)`. -1 for
  /// an error of no partition.
  public let partitionIndex: Int32
  /// What stands here.
  public let kind: Kind
  /// Where `timestamp` comes from.
  public let timestampKind: TimestampKind

  /// The value's bytes; nil: null, a tombstone. Empty is not nil.
  @inlinable public var value: UnsafeRawBufferPointer? {
    valueStart.map { UnsafeRawBufferPointer(start: $0, count: valueCount) }
  }

  /// The key's bytes; nil: none. Empty is not nil.
  @inlinable public var key: UnsafeRawBufferPointer? {
    keyStart.map { UnsafeRawBufferPointer(start: $0, count: keyCount) }
  }
}
