/// An entry of a batch: a record, the end of a partition, or an error. Valid as long as its batch.
///
/// A plain value without references: reading one doesn't allocate and doesn't count references.
public struct Message: BitwiseCopyable {
  /// The kind of entry.
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// A record.
    case record
    /// Everything before `offset` has been read; the next record has that offset or a later one.
    case endOfPartition
    /// The partition can't be read; `Batch.error(at:)` has the reason.
    case error
  }

  /// The source of a record's timestamp.
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
  /// Kafka's timestamp in milliseconds since the epoch; -1 if there is none.
  public let timestamp: Int64
  @usableFromInline let valueStart: UnsafeRawPointer?
  @usableFromInline let keyStart: UnsafeRawPointer?
  @usableFromInline let valueCount: Int
  @usableFromInline let keyCount: Int
  /// A small number for topic and partition, constant for the consumer's lifetime; see `Consumer.partition(at:)`. -1
  /// for an error without a partition.
  public let partitionIndex: Int32
  /// The kind of entry.
  public let kind: Kind
  /// The source of `timestamp`.
  public let timestampKind: TimestampKind

  /// The value's bytes; nil for null, a tombstone. Empty is not nil.
  @inlinable public var value: UnsafeRawBufferPointer? {
    valueStart.map { UnsafeRawBufferPointer(start: $0, count: valueCount) }
  }

  /// The key's bytes; nil if there is no key. Empty is not nil.
  @inlinable public var key: UnsafeRawBufferPointer? {
    keyStart.map { UnsafeRawBufferPointer(start: $0, count: keyCount) }
  }
}
