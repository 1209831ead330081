/// Writes JSON into a buffer that is reused from text to text, so that it allocates nothing once the buffer is large
/// enough. Commas are added automatically; the caller must close brackets and give keys their values.
public struct Writer {
  /// The text written so far.
  public private(set) var bytes: [UInt8]
  private var needsComma = false

  /// An empty text.
  public init(capacity: Int = 512) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// Discards the text, and keeps the memory.
  public mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  /// Discards everything after the first `count` bytes, which must end before a value.
  public mutating func reset(to count: Int) {
    bytes.removeLast(max(0, bytes.count - count))
    needsComma = false
  }

  /// `{`
  public mutating func beginObject() { begin(UInt8(ascii: "{")) }
  /// `}`
  public mutating func endObject() { end(UInt8(ascii: "}")) }
  /// `[`
  public mutating func beginArray() { begin(UInt8(ascii: "[")) }
  /// `]`
  public mutating func endArray() { end(UInt8(ascii: "]")) }

  /// A key that needs no escapes, known at compile time.
  public mutating func key(_ name: StaticString) {
    comma()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A key with any text.
  public mutating func key(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A string.
  public mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
  }

  /// A string of these bytes. Each byte that isn't part of well-formed UTF-8 becomes U+FFFD.
  public mutating func string(_ text: UnsafeRawBufferPointer) {
    comma()
    bytes.append(UInt8(ascii: "\""))
    var ordinary = 0
    var i = 0
    while i < text.count {
      let byte = text[i]
      if byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        i &+= 1
        continue
      }
      let length = byte < 0x80 ? 0 : Text.sequence(text, at: i)
      if length > 0 {
        i &+= length
        continue
      }
      bytes.append(contentsOf: text[ordinary..<i])
      if byte < 0x80 { escape(byte) } else { bytes.append(contentsOf: [0xEF, 0xBF, 0xBD]) }
      i &+= 1
      ordinary = i
    }
    bytes.append(contentsOf: text[ordinary..<i])
    bytes.append(UInt8(ascii: "\""))
    needsComma = true
  }

  /// The length of the longest prefix of `text` that `string` writes in at most `room` bytes, not counting the quotes.
  /// It ends between characters.
  public static func prefix(of text: UnsafeRawBufferPointer, whoseStringHas room: Int) -> Int {
    // A byte becomes at most six.
    if text.count <= room / 6 { return text.count }
    var left = room
    var i = 0
    while i < text.count {
      let byte = text[i]
      let length = byte < 0x80 ? 1 : Text.sequence(text, at: i)
      left -= byte < 0x80 ? escapedLength(byte) : length == 0 ? 3 : length
      if left < 0 { break }
      i += max(1, length)
    }
    return i
  }

  /// The number of bytes that `string` writes for this ASCII byte.
  private static func escapedLength(_ byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08, 0x09, 0x0A, 0x0C, 0x0D: 2
    case 0..<0x20: 6
    default: 1
    }
  }

  /// A whole number.
  public mutating func int(_ value: Int64) {
    comma()
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    digits(value.magnitude, atLeast: 1)
    needsComma = true
  }

  /// A whole number that isn't negative.
  public mutating func uint(_ value: UInt64) {
    comma()
    digits(value, atLeast: 1)
    needsComma = true
  }

  /// The shortest text that reads back as the same double; `null` if the value isn't finite.
  public mutating func double(_ value: Double) {
    comma()
    if value.isFinite {
      var text = value.description
      text.withUTF8 { bytes.append(contentsOf: $0) }
    } else {
      bytes.append(contentsOf: [UInt8(ascii: "n"), UInt8(ascii: "u"), UInt8(ascii: "l"), UInt8(ascii: "l")])
    }
    needsComma = true
  }

  /// The number with `decimals` (0 to 9) digits after the point, rounded to the nearest. A number too large to have
  /// that many correct digits, or not finite, is written as `double` writes it.
  public mutating func fixed(_ value: Double, decimals: Int) {
    let power = Writer.powers[max(0, min(decimals, 9))]
    let scaled = value.magnitude * Double(power)
    guard scaled < 9_007_199_254_740_992 else { return double(value) }
    comma()
    let below = UInt64(scaled)
    let beyond = scaled - Double(below)
    let units = beyond > 0.5 || (beyond == 0.5 && below % 2 == 1) ? below + 1 : below
    if value < 0, units > 0 { bytes.append(UInt8(ascii: "-")) }
    let (whole, rest) = units.quotientAndRemainder(dividingBy: power)
    digits(whole, atLeast: 1)
    if decimals > 0 {
      bytes.append(UInt8(ascii: "."))
      digits(rest, atLeast: decimals)
    }
    needsComma = true
  }

  /// `true` or `false`.
  public mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  /// `null`
  public mutating func null() { raw("null") }

  /// A value that is already JSON.
  public mutating func raw(_ value: UnsafeRawBufferPointer) {
    comma()
    bytes.append(contentsOf: value)
    needsComma = true
  }

  /// A string whose content `body` appends; it must not need escapes.
  public mutating func plainString(_ body: (inout [UInt8]) -> Void) {
    comma()
    bytes.append(UInt8(ascii: "\""))
    body(&bytes)
    bytes.append(UInt8(ascii: "\""))
    needsComma = true
  }

  private static let powers: InlineArray<10, UInt64> = [
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
  ]

  private mutating func raw(_ value: StaticString) {
    raw(UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }

  private mutating func begin(_ bracket: UInt8) {
    comma()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func end(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func comma() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  /// The decimal digits of `value`, with leading zeros up to `atLeast` digits.
  private mutating func digits(_ value: UInt64, atLeast: Int) {
    var buffer: InlineArray<20, UInt8> = InlineArray(repeating: UInt8(ascii: "0"))
    var rest = value
    var first = 20
    repeat {
      first &-= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      buffer[first] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
      rest = quotient
    } while rest > 0
    first = min(first, 20 - atLeast)
    buffer.span.withUnsafeBytes { bytes.append(contentsOf: $0[first..<20]) }
  }

  private mutating func escape(_ byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    default:
      bytes.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
      for nibble in [byte >> 4, byte & 15] { bytes.append(nibble + UInt8(ascii: nibble < 10 ? "0" : "W")) }
    }
  }
}
