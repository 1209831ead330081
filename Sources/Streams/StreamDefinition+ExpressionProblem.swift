internal import Cpcre2

extension StreamDefinition {
  /// Why PCRE2 can't compile `pattern`, and the character at which it found out, from 1; nil if it can.
  static func expressionProblem(_ pattern: String) -> (message: String, column: Int)? {
    let bytes = Array(pattern.utf8)
    var error: Int32 = 0
    var offset = 0
    if let code = pcre2_compile_8(bytes, bytes.count, UInt32(PCRE2_UTF), &error, &offset, nil) {
      pcre2_code_free_8(code)
      return nil
    }
    var words = [UInt8](repeating: 0, count: 256)
    let length = Int(pcre2_get_error_message_8(error, &words, words.count))
    // A negative length says that the message was cut, or that the error has none.
    let message = length > 0 ? String(decoding: words.prefix(length), as: UTF8.self) : "error \(error) of PCRE2"
    let before = String(decoding: bytes.prefix(offset), as: UTF8.self)
    return (message, before.unicodeScalars.count + 1)
  }
}
