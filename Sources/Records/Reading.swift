/// The value of a field in a record.
public enum Field: Equatable, Sendable {
  /// The record has no such field at its top level.
  case absent
  /// A finite number, correctly rounded.
  case number(Double)
  /// A value that isn't a finite number. A rule that needs a number counts this record as bad.
  case notNumber(Kind)

  /// The kind of a value that isn't a finite number.
  public enum Kind: Equatable, Sendable {
    /// A JSON string with any content.
    case string
    /// `true` or `false`.
    case bool
    /// `null`.
    case null
    /// An object or an array.
    case nested
    /// A number beyond the range of a double.
    case overflow
  }
}

/// The position of a record in Kafka.
public struct SourcePosition: Hashable, Sendable {
  /// The topic's name.
  public var topic: String
  /// The partition of that topic.
  public var partition: Int32
  /// The record's offset in it.
  public var offset: Int64

  /// The record at `offset` of `partition` of `topic`.
  public init(topic: String, partition: Int32, offset: Int64) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
  }
}
