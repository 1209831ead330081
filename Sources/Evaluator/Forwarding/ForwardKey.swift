import Records

/// What a record of a receiver's state is about: the subject of its key.
enum ForwardKey: Equatable {
  /// How far the receiver has been told.
  case head(receiver: String)
  /// One of its groups.
  case group(receiver: String, [String])
  /// An alert that it was told of.
  case alert(receiver: String, String)

  /// Its bytes.
  var bytes: [UInt8] {
    var writer = BinaryWriter()
    switch self {
    case .head(let receiver):
      writer.byte(0)
      writer.text(receiver)
    case .group(let receiver, let parts):
      writer.byte(1)
      writer.text(receiver)
      writer.texts(parts)
    case .alert(let receiver, let alert):
      writer.byte(2)
      writer.text(receiver)
      writer.text(alert)
    }
    return writer.bytes
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(ChangelogProblem) {
    var reader = BinaryReader(bytes)
    let kind = try reader.byte()
    let receiver = try reader.text("receiver")
    switch kind {
    case 0: self = .head(receiver: receiver)
    case 1: self = .group(receiver: receiver, try reader.texts("group"))
    case 2: self = .alert(receiver: receiver, try reader.text("alert"))
    default: throw .impossible("kind")
    }
    try reader.end()
  }
}
