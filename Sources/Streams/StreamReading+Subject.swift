import Platform
import Records

/// Subjects of readings: parts, each with a slash between it and the next.
extension StreamReading {
  /// The greatest length of a subject that an evaluator takes, in bytes.
  static let greatestSubject = 255

  /// A character as a part of a subject has it: `%`, `/` and control characters become `%` and two digits for each of
  /// their bytes.
  private static func escaped(_ character: Character) -> String {
    var text = ""
    for scalar in character.unicodeScalars {
      if !scalar.isControl, scalar != "%", scalar != "/" {
        text.unicodeScalars.append(scalar)
        continue
      }
      for byte in String(scalar).utf8 {
        text += byte < 0x10 ? "%0" : "%"
        text += String(byte, radix: 16, uppercase: true)
      }
    }
    return text
  }

  /// The text as a part of a subject. Two different texts never give the same part.
  static func escaped(_ part: String) -> String { part.map { escaped($0) }.joined() }

  /// The subject of a value: `NAME/VALUE`, with the value's `%`, `/` and control characters escaped, and each byte that
  /// isn't part of well-formed UTF-8 replaced. Cut to `limit` bytes at the end of a character.
  static func subject(of value: [UInt8], in stream: String, limit: Int = greatestSubject) -> String {
    var text = stream + "/"
    for character in String(decoding: value, as: UTF8.self) {
      let part = escaped(character)
      if text.utf8.count + part.utf8.count > limit { break }
      text += part
    }
    return text
  }

  /// The subject of `parts`, each escaped. One that exceeds 255 bytes is cut, and ends with `~` and a hash of the whole:
  /// long names that begin alike have different subjects.
  static func subject(_ parts: [String]) -> String {
    let whole = parts.map { escaped($0) }.joined(separator: "/")
    if whole.utf8.count <= greatestSubject { return whole }
    let ending = "~" + hex(lastingHash(whole))
    var text = ""
    for character in whole {
      let part = String(character)
      if text.utf8.count + part.utf8.count + ending.utf8.count > greatestSubject { break }
      text += part
    }
    return text + ending
  }
}
