/// Why a record could not be read. Each has a counter of its own.
public enum BadReason: UInt8, CaseIterable, Sendable {
  /// The value has no bytes.
  case empty
  /// The value isn't JSON by JSON's own grammar (RFC 8259).
  case notJSON
  /// The value is JSON, but no object.
  case notObject
  /// Its time can't be read, or it has none at all.
  case timestamp
  /// Its time is further ahead than `max_future`.
  case future
  /// A string or key that is used isn't UTF-8.
  case encoding
  /// Its subject is over 255 bytes, or has control characters.
  case subject

  /// The reason in words, for logs.
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

/// What a reader made of a record.
public enum Outcome: Equatable, Sendable {
  /// It can be evaluated; the reader holds what stands in it.
  case record
  /// Its value is null: the subject in its key is gone. The reader's `subject` is that key.
  case tombstone
  /// Its value is null, and so is its key (or it has no bytes): it says nothing of anybody, and is no error.
  case tombstoneWithoutKey
  /// It can't be read.
  case bad(BadReason)
}
