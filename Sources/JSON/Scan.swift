import Cscan

/// The grammar of JSON (RFC 8259), strictly, over padded text. Each function takes the start of an element and returns
/// its end; nil if the element isn't there. None reads past the padding, recurses or allocates.
public enum Scan {
  /// A place in a padded text.
  public typealias Place = UnsafePointer<UInt8>

  /// Skips spaces, tabs and line ends.
  @inlinable @inline(__always) public static func blanks(_ place: Place) -> Place {
    var p = place
    while isBlank(p.pointee) { p += 1 }
    return p
  }

  /// Whether JSON allows this byte between tokens.
  @inlinable @inline(__always) public static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  /// Skips a byte-order mark if there is one.
  @inlinable public static func byteOrderMark(_ place: Place) -> Place {
    place[0] == 0xEF && place[1] == 0xBB && place[2] == 0xBF ? place + 3 : place
  }

  /// Skips a string, from after its opening quote to after its closing one. The content isn't checked for UTF-8 or
  /// unpaired surrogates.
  @inlinable @inline(__always) public static func string(_ place: Place) -> Place? {
    let p = place + cscan_string_end(place)
    if p.pointee == UInt8(ascii: "\"") { return p + 1 }
    return stringWithEscapes(p)
  }

  /// `string`, from a byte that is a quote, a backslash or a control character.
  @usableFromInline static func stringWithEscapes(_ place: Place) -> Place? {
    var p = place
    while true {
      switch p.pointee {
      case UInt8(ascii: "\""):
        return p + 1
      case UInt8(ascii: "\\"):
        switch p[1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
          UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
          p += 2
        case UInt8(ascii: "u"):
          // One after another: a text that ends here ends with a zero, which isn't a digit.
          for i in 2..<6 where hexDigit(p[i]) == nil { return nil }
          p += 6
        default:
          return nil
        }
      default:
        return nil
      }
      p += cscan_string_end(p)
    }
  }

  /// The value of a hexadecimal digit; nil for any other byte.
  static func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
    default: nil
    }
  }

  /// Skips a number. The caller checks what follows it.
  @inlinable @inline(__always) public static func number(_ place: Place) -> Place? {
    let p = place.pointee == UInt8(ascii: "-") ? place + 1 : place
    let length = cscan_short_number_end(p)
    return length > 0 ? p + length : longNumber(place)
  }

  /// `number`, byte by byte: for any length, with or without an exponent.
  @usableFromInline static func longNumber(_ place: Place) -> Place? {
    var p = place
    if p.pointee == UInt8(ascii: "-") { p += 1 }
    if p.pointee == UInt8(ascii: "0") {
      p += 1
      if isDigit(p.pointee) { return nil }
    } else {
      guard let end = digits(p) else { return nil }
      p = end
    }
    if p.pointee == UInt8(ascii: ".") {
      guard let end = digits(p + 1) else { return nil }
      p = end
    }
    if p.pointee | 0x20 == UInt8(ascii: "e") {
      p += 1
      if p.pointee == UInt8(ascii: "+") || p.pointee == UInt8(ascii: "-") { p += 1 }
      guard let end = digits(p) else { return nil }
      p = end
    }
    return p
  }

  /// Skips one or more digits.
  private static func digits(_ place: Place) -> Place? {
    var p = place
    while isDigit(p.pointee) { p += 1 }
    return p == place ? nil : p
  }

  /// Whether this byte is one of 0 to 9.
  @inlinable @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

  /// Skips `true`, `false` or `null`.
  public static func literal(_ place: Place) -> Place? {
    switch place.pointee {
    case UInt8(ascii: "t"): word(place, "true")
    case UInt8(ascii: "f"): word(place, "false")
    case UInt8(ascii: "n"): word(place, "null")
    default: nil
    }
  }

  private static func word(_ place: Place, _ word: StaticString) -> Place? {
    // Stops at the first difference, so it never reads past the zero that ends the text.
    for i in 0..<word.utf8CodeUnitCount where place[i] != word.utf8Start[i] { return nil }
    return place + word.utf8CodeUnitCount
  }
}
