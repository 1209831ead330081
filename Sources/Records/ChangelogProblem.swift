/// Why a changelog record can't be used. The caller adds its topic, partition and offset.
public enum ChangelogProblem: Error, Equatable, Sendable {
  /// The record is truncated, or has extra bytes at its end.
  case length
  /// The checksum is wrong: bytes were changed, or the record has another record's key.
  case seal
  /// A value that statusd never writes, with the field's name.
  case impossible(String)
  /// A newer version of statusd wrote the record.
  case newer(version: UInt8)
  /// The record refers to a chunk of samples that is missing or damaged. The series with that window start again; the
  /// subject's other series go on.
  case chunkMissing
  /// The record's position is beyond the end of its partition.
  case beyondEnd(position: Int64, end: Int64)
  /// The record belongs to another group or topic. That is no error if several groups share the changelog.
  case foreign

  /// A description for logs, which follows the record's name.
  public var text: String {
    switch self {
    case .length: "is truncated or too long"
    case .seal: "is damaged, or has another record's key"
    case .impossible(let field): "has an impossible \(field)"
    case .newer(let version): "was written by a newer statusd (version \(version))"
    case .chunkMissing: "lacks a chunk of its samples"
    case .beyondEnd(let position, let end): "refers to offset \(position), but its partition ends at \(end)"
    case .foreign: "belongs to another group or topic"
    }
  }
}
