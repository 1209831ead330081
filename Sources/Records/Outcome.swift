/// Why a record can't be read. Each reason has its own counter.
public enum BadReason: UInt8, CaseIterable, Sendable {
  /// The value is empty.
  case empty
  /// The value isn't JSON (RFC 8259).
  case notJSON
  /// The value is JSON, but not an object.
  case notObject
  /// The timestamp can't be parsed, or there is none, not even Kafka's.
  case timestamp
  /// The time is further in the future than `max_future`.
  case future
  /// A string or key that is needed isn't UTF-8.
  case encoding
  /// The subject is longer than 255 bytes, or has control characters.
  case subject

  /// The reason for logs.
  public var text: String {
    switch self {
    case .empty: "empty"
    case .notJSON: "not JSON"
    case .notObject: "not an object"
    case .timestamp: "timestamp"
    case .future: "future"
    case .encoding: "encoding"
    case .subject: "subject"
    }
  }
}

/// The result of reading a record.
public enum Outcome: Equatable, Sendable {
  /// The record can be evaluated; the reader holds its content.
  case record
  /// The value is null: the subject named by the key is gone. The reader's `subject` is the key.
  case tombstone
  /// The value is null, and the key is null or empty. It concerns no subject, and is no error.
  case tombstoneWithoutKey
  /// The record can't be read.
  case bad(BadReason)
}
