import JSON

/// Formats a record as one line of JSON, for other programs.
public enum JSONLine {
  /// Appends `value` and a line end. JSON is copied except for characters that break a line or a terminal: line ends
  /// between tokens become blanks, and delete and the controls from U+0080 to U+009F become escapes, without a change
  /// of meaning. Bytes that aren't UTF-8 become U+FFFD. A value that isn't JSON is written as a string, a tombstone as
  /// `null`.
  public static func append(_ value: UnsafeRawBufferPointer?, to line: inout [UInt8]) {
    guard let value else {
      line.append(contentsOf: "null\n".utf8)
      return
    }
    if isJSON(value) {
      appendSafely(value, to: &line)
    } else {
      var writer = Writer(capacity: value.count + 2)
      writer.string(value)
      writer.bytes.withUnsafeBytes { appendSafely($0, to: &line) }
    }
    line.append(UInt8(ascii: "\n"))
  }

  private static func isJSON(_ value: UnsafeRawBufferPointer) -> Bool {
    var reader = Reader(value)
    while true {
      switch reader.next() {
      case .end: return true
      case .invalid: return false
      default: break
      }
    }
  }

  /// In JSON, line ends occur only outside strings, and the other characters changed here only inside strings.
  private static func appendSafely(_ value: UnsafeRawBufferPointer, to line: inout [UInt8]) {
    var i = Text.byteOrderMark(of: value)
    while i < value.count {
      let byte = value[i]
      let length = Text.sequence(value, at: i)
      switch byte {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): line.append(UInt8(ascii: " "))
      case 0x7F: line.append(contentsOf: "\\u007f".utf8)
      case 0xC2 where length == 2 && value[i + 1] < 0xA0:
        line.append(contentsOf: "\\u00\(String(value[i + 1], radix: 16))".utf8)
      case _ where length == 0: line.append(contentsOf: "\u{FFFD}".utf8)
      default: line.append(contentsOf: value[i..<i + length])
      }
      i += max(1, length)
    }
  }
}
