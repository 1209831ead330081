/// Text as lines of at most 76 ASCII characters (RFC 2045, section 6.7).
enum QuotedPrintable {
  private static let lineSize = 76

  /// `text`, whose lines end with `\n`, also the last one, with each line ended by CRLF. A point at a line's beginning is encoded, since
  /// it means something to SMTP.
  static func encode(_ text: String) -> [UInt8] {
    var result: [UInt8] = []
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for line in text.utf8.last == UInt8(ascii: "\n") ? lines.dropLast() : lines {
      append(line, to: &result)
      result += [0x0D, 0x0A]
    }
    return result
  }

  private static func append(_ line: Substring.UTF8View, to result: inout [UInt8]) {
    var width = 0
    var index = line.startIndex
    while index < line.endIndex {
      let byte = line[index]
      index = line.index(after: index)
      let isPlain =
        (byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "=") && !(width == 0 && byte == UInt8(ascii: ".")))
        || (byte == 0x20 && index < line.endIndex)
      // The last place of a line is for the mark that the line goes on.
      if width + (isPlain ? 1 : 3) > lineSize - 1 {
        result += [UInt8(ascii: "="), 0x0D, 0x0A]
        width = 0
      }
      if isPlain, !(width == 0 && byte == UInt8(ascii: ".")) {
        result.append(byte)
        width += 1
      } else {
        let digits = Array("0123456789ABCDEF".utf8)
        result += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        width += 3
      }
    }
  }
}
