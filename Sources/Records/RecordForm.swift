/// What the records of a topic are: which subject each belongs to, and when it was.
public enum RecordForm: Equatable, Sendable {
  /// Status records. The subject is `host`, else the key, else `unknown`; the time is `timestamp`, else Kafka's.
  case status
  /// Records of a stream, whoever writes them. The time is Kafka's.
  case stream(StreamSubject)

  /// The role of the field with this name.
  func role(of key: some Collection<UInt8>) -> Separators.Role {
    switch self {
    case .status: RecordForm.statusRole(of: key)
    case .stream(let subject): subject.field.map { key.elementsEqual($0.utf8) } ?? false ? .host : .other
    }
  }

  private static func statusRole(of key: some Collection<UInt8>) -> Separators.Role {
    func isName(_ name: StaticString) -> Bool {
      key.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
    if isName("host") { return .host }
    if isName("timestamp") { return .timestamp }
    if isName("boot_id") { return .bootID }
    if isName("sequence") { return .sequence }
    return .other
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
