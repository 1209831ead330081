/// Why a record of the changelog can't be used. Whoever has its topic, partition and offset says them.
public enum ChangelogProblem: Error, Equatable, Sendable {
  /// It ends before it says all it should, or goes on behind that.
  case length
  /// Its seal doesn't fit: bytes were changed, or it stands under a key that isn't its own.
  case seal
  /// A value that nobody writes; the field's name.
  case impossible(String)
  /// A later version of statusd wrote it.
  case newer(version: UInt8)
  /// It asks for a chunk of samples that isn't there, or is damaged: the series with that window begin anew, the others
  /// of its subject go on.
  case chunkMissing
  /// It is true before an offset that its partition doesn't reach.
  case beyondEnd(position: Int64, end: Int64)
  /// It belongs to another group or topic: no error where several groups share the changelog.
  case foreign

  /// In words, for logs.
  public var text: String {
    switch self {
    case .length: "is cut, or too long"
    case .seal: "is damaged, or stands under a foreign key"
    case .impossible(let field): "has an impossible \(field)"
    case .newer(let version): "was written by a newer statusd (version \(version))"
    case .chunkMissing: "lacks a chunk of its samples"
    case .beyondEnd(let position, let end): "speaks of offset \(position), and its partition ends at \(end)"
    case .foreign: "belongs to another group or topic"
    }
  }
}
