import JSON
import Platform

extension Printable {
  /// `bytes` as printable text; each byte that isn't part of UTF-8 becomes `\xFF`.
  static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    var result = ""
    var i = 0
    while i < bytes.count {
      let length = Text.sequence(bytes, at: i)
      if length == 0 {
        let digits = String(bytes[i], radix: 16, uppercase: true)
        result += "\\x" + (digits.count < 2 ? "0" : "") + digits
      } else {
        result += text(String(decoding: bytes[i..<i + length], as: UTF8.self))
      }
      i += max(1, length)
    }
    return result
  }
}
