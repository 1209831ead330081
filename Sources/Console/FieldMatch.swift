import Rules

/// `--match k=v`: which records are shown.
public struct FieldMatch: Sendable {
  private let name: String
  private let glob: Glob

  /// - Parameter text: a field's name, an equals sign, and a glob; nil where it has no such form.
  public init?(_ text: String) {
    guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { return nil }
    name = String(text[..<sign])
    glob = Glob(String(text[text.index(after: sign)...]))
  }

  /// Whether the record has that field at its top level, and the whole of its text (of a number, `true`, `false` or
  /// `null`: as it is written) is what the glob covers.
  public func covers(_ record: borrowing SeenRecord) -> Bool {
    switch record.field(name) {
    case .text(var text), .word(var text): text.withUTF8 { glob.matches(UnsafeRawBufferPointer($0)) }
    case .nested, nil: false
    }
  }
}
