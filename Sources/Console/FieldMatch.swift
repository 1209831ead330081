import Rules

/// A filter of records: `--match k=v`.
public struct FieldMatch: Sendable {
  private let name: String
  private let glob: Glob

  /// - Parameter text: a field name, an equals sign, and a glob; the result is nil for any other form.
  public init?(_ text: String) {
    guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { return nil }
    name = String(text[..<sign])
    glob = Glob(String(text[text.index(after: sign)...]))
  }

  /// Whether the record has that field at its top level and the glob matches its whole text. For a number, `true`,
  /// `false` or `null` that is the text as written.
  public func covers(_ record: borrowing SeenRecord) -> Bool {
    switch record.field(name) {
    case .text(var text), .word(var text): text.withUTF8 { glob.matches(UnsafeRawBufferPointer($0)) }
    case .nested, nil: false
    }
  }
}
