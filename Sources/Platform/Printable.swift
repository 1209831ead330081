/// Makes text from outside safe to show: text in a record or file can't control the terminal, break a line or reverse
/// the direction of writing.
public enum Printable {
  /// `text` with control characters and direction marks escaped as `\n`, `\u{1B}`, …
  public static func text(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: mustBeEscaped) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where mustBeEscaped(scalar):
        result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// True for control characters, line and paragraph separators, and characters that embed, override or isolate a
  /// writing direction (Unicode Standard Annex 9).
  static func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}
