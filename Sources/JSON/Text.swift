/// Decodes the content of a JSON string.
public enum Text {
  /// Decodes the escapes of `raw` (the bytes between the quotes, as accepted by `Scan.string`) into `target`, which
  /// must have room for `raw.count` bytes. Returns the number of bytes written; nil if the result isn't UTF-8 or has an
  /// unpaired surrogate.
  public static func unescape(_ raw: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<UInt8>) -> Int? {
    var out = 0
    var i = 0
    while i < raw.count {
      let byte = raw[i]
      guard byte == UInt8(ascii: "\\") else {
        target[out] = byte
        out &+= 1
        i &+= 1
        continue
      }
      guard i + 1 < raw.count else { return nil }
      if raw[i + 1] == UInt8(ascii: "u") {
        guard let (scalar, length) = escapedScalar(raw, at: i) else { return nil }
        out &+= encode(scalar, at: target + out)
        i &+= length
      } else {
        target[out] = meaning(of: raw[i + 1])
        out &+= 1
        i &+= 2
      }
    }
    return isUTF8(UnsafeRawBufferPointer(start: target, count: out)) ? out : nil
  }

  /// The byte that the letter after a backslash stands for.
  private static func meaning(of letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: letter
    }
  }

  /// The scalar that one `\uXXXX`, or a surrogate pair of two, spells at `index`, and its length in bytes; nil if it is
  /// invalid.
  private static func escapedScalar(_ raw: UnsafeRawBufferPointer, at index: Int) -> (UInt32, Int)? {
    guard let first = escapedUnit(raw, at: index) else { return nil }
    guard first >= 0xD800, first < 0xE000 else { return (first, 6) }
    guard first < 0xDC00, let second = escapedUnit(raw, at: index + 6), second >= 0xDC00, second < 0xE000 else {
      return nil
    }
    return (0x10000 + (first - 0xD800) << 10 + (second - 0xDC00), 12)
  }

  private static func escapedUnit(_ raw: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
    guard index + 6 <= raw.count, raw[index] == UInt8(ascii: "\\"), raw[index + 1] == UInt8(ascii: "u") else {
      return nil
    }
    var unit: UInt32 = 0
    for i in index + 2..<index + 6 {
      guard let digit = Scan.hexDigit(raw[i]) else { return nil }
      unit = unit << 4 | digit
    }
    return unit
  }

  /// Writes `scalar` as UTF-8. Returns the number of bytes written.
  private static func encode(_ scalar: UInt32, at target: UnsafeMutablePointer<UInt8>) -> Int {
    func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | (scalar >> shift & 0x3F)) }
    switch scalar {
    case ..<0x80:
      target[0] = UInt8(truncatingIfNeeded: scalar)
      return 1
    case ..<0x800:
      target[0] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
      target[1] = tail(0)
      return 2
    case ..<0x10000:
      target[0] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
      target[1] = tail(6)
      target[2] = tail(0)
      return 3
    default:
      target[0] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
      target[1] = tail(12)
      target[2] = tail(6)
      target[3] = tail(0)
      return 4
    }
  }

  /// The length of the byte-order mark at the beginning of a text; 0 if there is none.
  public static func byteOrderMark(of text: some Collection<UInt8>) -> Int {
    text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The length of the well-formed UTF-8 sequence at `index` (The Unicode Standard, table 3-7); 0 if it isn't one.
  public static func sequence(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
    let first = bytes[index]
    if first < 0x80 { return 1 }
    let length: Int
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    switch first {
    case 0xC2...0xDF:
      length = 2
    case 0xE0...0xEF:
      length = 3
      if first == 0xE0 { low = 0xA0 }
      if first == 0xED { high = 0x9F }
    case 0xF0...0xF4:
      length = 4
      if first == 0xF0 { low = 0x90 }
      if first == 0xF4 { high = 0x8F }
    default:
      return 0
    }
    guard index + length <= bytes.count, bytes[index + 1] >= low, bytes[index + 1] <= high else { return 0 }
    for i in index + 2..<max(index + length, index + 2) where bytes[i] & 0xC0 != 0x80 { return 0 }
    return length
  }

  /// Whether `bytes` are well-formed UTF-8.
  public static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var i = 0
    while i < bytes.count {
      let length = sequence(bytes, at: i)
      if length == 0 { return false }
      i &+= length
    }
    return true
  }

  /// Whether well-formed `bytes` contain a control character: U+0000 to U+001F, or U+007F to U+009F.
  public static func hasControlCharacter(_ bytes: UnsafeRawBufferPointer) -> Bool {
    for i in 0..<bytes.count {
      let byte = bytes[i]
      if byte < 0x20 || byte == 0x7F { return true }
      if byte == 0xC2, i + 1 < bytes.count, bytes[i + 1] < 0xA0 { return true }
    }
    return false
  }
}
