/// Formats a log line as bytes.
enum LogLine {
  /// Formats a line with its newline. A nil `time` selects the journal's format.
  static func bytes(
    _ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata, time: WallTime?, greatestLength: Int
  ) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(256)
    if let time {
      time.appendRFC3339(to: &line)
      line.append(UInt8(ascii: " "))
      line.append(contentsOf: level.name.utf8)
      line.append(UInt8(ascii: " "))
    } else {
      line.append(contentsOf: [UInt8(ascii: "<"), UInt8(ascii: "0") + level.priority, UInt8(ascii: ">")])
    }
    message.withUTF8Buffer { line.append(contentsOf: $0) }
    for (name, value) in metadata.facts where line.count < greatestLength {
      line.append(UInt8(ascii: " "))
      line.append(contentsOf: name.utf8)
      line.append(UInt8(ascii: "="))
      append(value, to: &line, atMost: greatestLength)
    }
    cut(&line, to: greatestLength - 1)
    line.append(UInt8(ascii: "\n"))
    return line
  }

  private static func append(_ value: LogMetadata.Value, to line: inout [UInt8], atMost limit: Int) {
    switch value {
    case .string(let text): append(text, to: &line, atMost: limit)
    case .integer(let number): line.append(contentsOf: String(number).utf8)
    case .double(let number): line.append(contentsOf: "\(number)".utf8)
    case .bool(let flag): line.append(contentsOf: (flag ? "true" : "false").utf8)
    case .time(let time): time.appendRFC3339(to: &line)
    case .duration(let duration):
      let milliseconds = duration.wholeMilliseconds
      let size = milliseconds.magnitude
      let fraction = String(size % 1000)
      line.append(contentsOf: "\(milliseconds < 0 ? "-" : "")\(size / 1000).".utf8)
      line.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 3 - fraction.utf8.count))
      line.append(contentsOf: "\(fraction)s".utf8)
    }
  }

  /// Writes one plain word bare, any other text in quotes. Quotes, backslashes and control characters are escaped, so
  /// that a host name with an escape sequence, or with a newline and a forged line, does no harm.
  private static func append(_ text: String, to line: inout [UInt8], atMost limit: Int) {
    let needsQuotes =
      text.isEmpty
      || text.unicodeScalars.contains {
        $0 == " " || $0 == "\"" || $0 == "=" || $0 == "\\" || Printable.mustBeEscaped($0)
      }
    guard needsQuotes else {
      line.append(contentsOf: text.utf8.prefix(limit))
      return
    }
    line.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars where line.count < limit {
      switch scalar {
      case "\"", "\\":
        line.append(contentsOf: [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: scalar.value)])
      case "\n": line.append(contentsOf: "\\n".utf8)
      case "\t": line.append(contentsOf: "\\t".utf8)
      case _ where Printable.mustBeEscaped(scalar):
        line.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
      default: line.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
      }
    }
    line.append(UInt8(ascii: "\""))
  }

  /// Cuts to `length` bytes, between characters, and marks the cut with `…`.
  private static func cut(_ line: inout [UInt8], to length: Int) {
    guard line.count > length else { return }
    let mark = Array("…".utf8)
    line.removeSubrange((length - mark.count)...)
    // The cut may fall inside a character: remove the bytes of an incomplete one.
    var rest = line
    var continuations = 0
    while let last = rest.last, last & 0xC0 == 0x80, continuations < 3 {
      rest.removeLast()
      continuations += 1
    }
    if let lead = rest.last, lead >= 0xC0 {
      let expected = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1
      if continuations < expected {
        rest.removeLast()
        line = rest
      }
    }
    line.append(contentsOf: mark)
  }
}
