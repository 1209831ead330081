/// Lays out text for a terminal of 80 columns.
enum TextLayout {
  static let width = 80

  /// Wraps `text` between words and indents each line by `indent` blanks. A word that is too long gets its own line.
  static func wrap(_ text: String, indent: Int = 0) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + line.count + 1 + word.count > width {
        lines.append(margin + line)
        line = ""
      }
      line += line.isEmpty ? "\(word)" : " \(word)"
    }
    if !line.isEmpty { lines.append(margin + line) }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Lays out two columns: terms, and their meanings beside them, or below if a term is too long.
  static func table(_ rows: [(term: String, meaning: String)], indent: Int = 2, greatestColumn: Int = 30) -> String {
    let longest = rows.map(\.term.count).filter { indent + $0 + 2 <= greatestColumn }.max() ?? 0
    let column = min(greatestColumn, indent + longest + 2)
    var text = ""
    for row in rows {
      let meaning = wrap(row.meaning, indent: column)
      let term = String(repeating: " ", count: indent) + row.term
      if term.count + 2 <= column, !meaning.isEmpty {
        text += term + meaning.dropFirst(term.count)
      } else {
        text += term + "\n" + meaning
      }
    }
    return text
  }
}
