import Platform

/// Parses the text of a configuration.
package struct SourceText {
  /// The document; nil if a syntax error makes the rest unreadable.
  package private(set) var document: Document?
  /// The syntax errors.
  package private(set) var complaints: [Complaint] = []

  /// The maximum number of syntax errors; a file with more is no configuration.
  private static let greatestCount = 20

  /// Checks the encoding and parses. A line `key = value` that isn't TOML is reported and left out, so that one missing
  /// quotation mark doesn't hide other mistakes; any other syntax error ends parsing.
  package init(_ text: [UInt8], file: String) throws(Complaint) {
    if let problem = SourceText.encodingProblem(text) {
      throw Complaint(file: file, position: problem.position, message: problem.message)
    }
    var text = text
    while true {
      do {
        document = try Document(parsing: text)
        return
      } catch {
        // Once a line was left out, an unclosed element at the end was opened by that mistake: no new one.
        if !complaints.isEmpty, error.message.contains("end-of-file") { return }
        complaints.append(Complaint(file: file, position: error.position, message: SourceText.advise(error, in: text)))
        if complaints.count == SourceText.greatestCount || !SourceText.blank(line: error.position.line, of: &text) {
          return
        }
      }
    }
  }

  /// Why and where the bytes are no UTF-8 text; nil if they are.
  private static func encodingProblem(_ text: [UInt8]) -> Document.SyntaxError? {
    let start = Complaint.Position(line: 1, column: 1)
    if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
      return Document.SyntaxError(position: start, message: "the file is UTF-16: save it as UTF-8")
    }
    // In UTF-16 without a byte order mark, every second byte of Latin letters is zero.
    let sample = text.prefix(64)
    if sample.count >= 8, sample.count(where: { $0 == 0 }) * 3 > sample.count {
      return Document.SyntaxError(position: start, message: "the file is UTF-16: save it as UTF-8")
    }
    if String(validating: text, as: UTF8.self) == nil {
      // The decoder replaces invalid bytes; up to the first of them both texts are equal.
      let repaired = Array(String(decoding: text, as: UTF8.self).utf8)
      let good = zip(text, repaired).prefix { $0 == $1 }.count
      let before = text[..<good]
      let line = before.count { $0 == UInt8(ascii: "\n") } + 1
      let lastLine = before.suffix(from: (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
      let column = lastLine.count { $0 & 0xC0 != 0x80 } + 1
      return Document.SyntaxError(
        position: Complaint.Position(line: line, column: column),
        message: "the file isn't UTF-8 from here: save it as UTF-8")
    }
    if let zero = text.firstIndex(of: 0) {
      let before = text[..<zero]
      let line = before.count { $0 == UInt8(ascii: "\n") } + 1
      let column = before.count - ((before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1) + 1
      return Document.SyntaxError(
        position: Complaint.Position(line: line, column: column), message: "there is a zero byte here; remove it")
    }
    return nil
  }

  /// What to do about a message of toml++ that contains `words`. Each is tested, because toml++ promises no wording.
  static let cures: [(words: String, advice: String)] = [
    ("could not determine value type", "a text needs quotes, key = \"value\""),
    ("expected digit", "a text, a duration and a size need quotes, key = \"30s\""),
    ("expected decimal digit", "a text, a duration and a size need quotes, key = \"30s\""),
    ("expected value-terminator", "a text needs quotes, key = \"value\""),
    ("expected 'true'", "a text needs quotes, key = \"value\""),
    ("expected 'false'", "a text needs quotes, key = \"value\""),
    ("cannot redefine existing", "it is already defined further up; keep one of them"),
    ("encountered end-of-file", "something isn't closed: look for a missing quotation mark or bracket"),
    ("control characters other than TAB", "a text ends on its line: look for a missing quotation mark"),
    ("expected '='", "write key = value"),
    ("unexpected '", "a name or a text with such a character needs quotes"),
    ("too many parts", "keys of statusd have only a few parts with dots between them"),
    (
      "unknown escape sequence",
      "in double quotes write a backslash as \\\\; in single quotes write \\ itself"
    ),
  ]

  /// The message, with advice on what to do if there is any.
  private static func advise(_ error: Document.SyntaxError, in text: [UInt8]) -> String {
    let message = error.message
    if let cure = typography(at: error.position, of: text) { return "not TOML: \(cure)" }
    let cure = cures.first { message.contains($0.words) }.map { "; \($0.advice)" } ?? ""
    return "not TOML: \(message)\(cure)"
  }

  /// Advice on a typographic character at this place, from a word processor or a web page; nil if there is none.
  private static func typography(at position: Complaint.Position, of text: [UInt8]) -> String? {
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.indices.contains(position.line - 1) else { return nil }
    let scalars = String(decoding: lines[position.line - 1], as: UTF8.self).unicodeScalars
    return switch scalars.dropFirst(position.column - 1).first {
    case "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}", "\u{201E}":
      "these are curly quotes; write straight ones, key = \"value\""
    case "\u{A0}", "\u{2007}", "\u{202F}": "there is a no-break space here; write a plain space"
    default: nil
    }
  }

  /// Blanks a line. Returns false if the line is no simple `key = value`, because then the rest would be misread.
  private static func blank(line: Int, of text: inout [UInt8]) -> Bool {
    var start = 0
    for _ in 1..<line {
      guard let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) else { return false }
      start = end + 1
    }
    let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
    let content = text[start..<end].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    let key = content.prefix { byte in
      Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber
        || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: " ")].contains(byte)
    }
    let isPair = !key.isEmpty && content.dropFirst(key.count).first == UInt8(ascii: "=")
    let triple = [UInt8](repeating: UInt8(ascii: "\""), count: 3)
    let opensLines = content.indices.contains {
      content[$0...].starts(with: triple) || content[$0...].starts(with: [39, 39, 39])
    }
    guard isPair, !opensLines else { return false }
    for index in start..<end { text[index] = UInt8(ascii: " ") }
    return true
  }
}
