/// What the records of a topic are: which subject each belongs to, and when it was.
public enum RecordForm: Equatable, Sendable {
  /// Status records. The subject is `host`, else the key, else `unknown`; the time is `timestamp`, else Kafka's.
  case status
  /// Records of a stream, whoever writes them. The time is Kafka's.
  case stream(StreamSubject)

  /// The fields with a role.
  var roles: [(name: String, role: Separators.Role)] {
    switch self {
    case .status: [("host", .host), ("timestamp", .timestamp), ("boot_id", .bootID), ("sequence", .sequence)]
    case .stream(let subject): subject.field.map { [($0, .host)] } ?? []
    }
  }
}

/// Whose the records of a stream are.
public struct StreamSubject: Equatable, Sendable {
  /// The stream's name: the subject of a record without another one.
  public var stream: String
  /// The field whose text or number is the subject; nil if the key is.
  public var field: String?

  /// The subject is `field`, else the key, else `stream`.
  public init(stream: String, field: String? = nil) {
    self.stream = stream
    self.field = field
  }
}
