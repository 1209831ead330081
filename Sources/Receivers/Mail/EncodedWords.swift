import Records

/// The text of a header beyond plain ASCII (RFC 2047).
enum EncodedWords {
  /// The bytes of text in one word. A line with one, and a header's name before it, has at most 76 characters.
  private static let wordSize = 39
  /// Up to this length, plain text needs no folding.
  private static let plainSize = 60

  /// `text` for a header. It must have no control characters. Short ASCII stays as it is, unless somebody could take
  /// it for an encoded word.
  static func of(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && text.utf8.count <= plainSize
    if isPlain, !hasMark(text) { return text }
    var words: [String] = []
    var word: [UInt8] = []
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if word.count + bytes.count > wordSize {
        words.append(encoded(word))
        word = []
      }
      word += bytes
    }
    if !word.isEmpty { words.append(encoded(word)) }
    return words.joined(separator: "\r\n ")
  }

  /// Whether `=?` occurs in it.
  private static func hasMark(_ text: String) -> Bool {
    zip(text.utf8, text.utf8.dropFirst()).contains { $0 == UInt8(ascii: "=") && $1 == UInt8(ascii: "?") }
  }

  private static func encoded(_ word: [UInt8]) -> String { "=?UTF-8?B?\(Base64.encode(word))?=" }
}
