/// How many columns a terminal needs: East Asian letters and most emoji take two, combining marks none.
extension Character {
  /// The character's columns.
  var columns: Int {
    guard let first = unicodeScalars.first else { return 0 }
    if first.isASCII { return 1 }
    if unicodeScalars.contains("\u{FE0F}") || first.isWide { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return 1
    }
  }
}

extension String {
  /// The text's columns on a terminal. Control characters must be escaped before.
  var columns: Int { isPlain ? utf8.count : reduce(0) { $0 + $1.columns } }

  /// The text in at most `room` columns. What is cut is replaced by `…`.
  public func cut(to room: Int) -> String {
    guard utf8.count > room, columns > room else { return self }
    var result = ""
    var left = room - 1
    for character in self {
      left -= character.columns
      if left < 0 { break }
      result.append(character)
    }
    return room > 0 ? result + "…" : ""
  }

  private var isPlain: Bool { utf8.allSatisfy { $0 < 0x80 } }
}

extension Unicode.Scalar {
  /// Whether it is wide: Unicode's East Asian Width is W or F, in ranges that leave out a few narrow exceptions.
  fileprivate var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
      0x1F200...0x1F265, 0x20000...0x3FFFD:
      true
    default: properties.isEmojiPresentation
    }
  }
}
