import Platform

/// The beginning of a text from outside, for a reason that people read.
enum Excerpt {
  /// The longest excerpt, in characters.
  static let limit = 200

  /// The first 200 characters of `bytes` on one line: blanks are joined, other control characters and direction marks
  /// escaped, and what `masks` know replaced by `***`. Empty if nothing is left.
  static func of(_ bytes: [UInt8], hiding masks: Masks = Masks([])) -> String {
    var words: [UInt8] = []
    for byte in bytes {
      let isBlank = byte == 0x20 || (0x09...0x0D).contains(byte)
      if !isBlank { words.append(byte) } else if let last = words.last, last != 0x20 { words.append(0x20) }
    }
    if words.last == 0x20 { words.removeLast() }
    return String(
      Printable.text(String(decoding: masks.hide(in: words, limit: 4 * limit), as: UTF8.self)).prefix(limit))
  }

  /// `text` followed by the excerpt, if there is one.
  static func appended(to text: String, _ bytes: [UInt8], hiding masks: Masks = Masks([])) -> String {
    let excerpt = of(bytes, hiding: masks)
    return excerpt.isEmpty ? text : "\(text): \(excerpt)"
  }
}

/// Texts that no log may show, such as parts of an address.
struct Masks: Sendable {
  /// In lower case, the longest first.
  private let secrets: [[UInt8]]

  /// Shorter texts aren't hidden: they would tear apart other words, and guard nothing.
  private static let shortest = 4

  /// Hides these, whatever their case.
  init(_ secrets: [String]) {
    let long = Set(secrets.map { $0.utf8.map(Masks.lower) }).filter { $0.count >= Masks.shortest }
    self.secrets = long.sorted { $0.count > $1.count }
  }

  /// The beginning of `text`, at least `limit` bytes if it has them, with each of them replaced by `***`.
  func hide(in text: [UInt8], limit: Int) -> [UInt8] {
    var result: [UInt8] = []
    var i = 0
    while i < text.count, result.count < limit {
      if let secret = secrets.first(where: { isAt(i, $0, in: text) }) {
        result += Array("***".utf8)
        i += secret.count
      } else {
        result.append(text[i])
        i += 1
      }
    }
    return result
  }

  private func isAt(_ place: Int, _ secret: [UInt8], in text: [UInt8]) -> Bool {
    text[place...].prefix(secret.count).count == secret.count
      && zip(text[place...], secret).allSatisfy { Masks.lower($0) == $1 }
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
