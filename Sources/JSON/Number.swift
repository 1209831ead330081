import Cscan

/// Converts a number's text to a double or a whole number. `Scan.number` must have accepted the text.
public enum Number {
  /// The double nearest to the number at `place`, ties to even; infinite if it exceeds a double's range.
  public static func double(_ place: Scan.Place) -> Double {
    let isNegative = place.pointee == UInt8(ascii: "-")
    var value = 0.0
    if cscan_short_number(isNegative ? place + 1 : place, &value) == 0 { return longDouble(place) }
    return isNegative ? -value : value
  }

  /// `double` for numbers of any length and exponent.
  private static func longDouble(_ place: Scan.Place) -> Double {
    let decimal = Decimal(place)
    if decimal.mantissa <= 1 << 53, decimal.isExact, decimal.exponent >= -22, decimal.exponent <= 22 {
      let mantissa = Double(decimal.mantissa)
      let value =
        decimal.exponent < 0 ? mantissa / cscan_power(-decimal.exponent) : mantissa * cscan_power(decimal.exponent)
      return decimal.isNegative ? -value : value
    }
    // strtod needs a byte after the number that isn't part of one. JSON, or the zero padding, provides it.
    return cscan_strtod(place)
  }

  /// The whole number at `place`; nil if it has a point or an exponent, or exceeds Int64's range.
  public static func int64(_ place: Scan.Place) -> Int64? {
    let negative = place.pointee == UInt8(ascii: "-")
    var p = negative ? place + 1 : place
    var value: Int64 = 0
    while Scan.isDigit(p.pointee) {
      let digit = Int64(p.pointee &- UInt8(ascii: "0"))
      let (tenfold, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, beyond) =
        negative ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
      if over || beyond { return nil }
      value = sum
      p += 1
    }
    if p.pointee == UInt8(ascii: ".") || p.pointee | 0x20 == UInt8(ascii: "e") { return nil }
    return value
  }
}

/// A decimal number as written: `mantissa` times ten to the power of `exponent`.
public struct Decimal {
  /// The first 19 significant digits at most.
  public private(set) var mantissa: UInt64 = 0
  /// The power of ten, limited to ten million either way, far beyond any double or time.
  public private(set) var exponent = 0
  /// Whether a minus sign precedes it.
  public private(set) var isNegative = false
  /// False if nonzero digits were cut off.
  public private(set) var isExact = true

  /// The number of digits of the mantissa; 0 if it is zero.
  public var digitCount: Int {
    var count = 0
    var rest = mantissa
    while rest > 0 {
      rest /= 10
      count += 1
    }
    return count
  }

  /// The number at `place`.
  public init(_ place: Scan.Place) {
    var p = place
    if p.pointee == UInt8(ascii: "-") {
      isNegative = true
      p += 1
    }
    var behindPoint = false
    while true {
      if Scan.isDigit(p.pointee) {
        take(UInt64(p.pointee &- UInt8(ascii: "0")), behindPoint: behindPoint)
      } else if p.pointee == UInt8(ascii: "."), !behindPoint {
        behindPoint = true
      } else {
        break
      }
      p += 1
    }
    if p.pointee | 0x20 == UInt8(ascii: "e") { exponent += Decimal.power(p + 1) }
    exponent = max(-Decimal.limit, min(Decimal.limit, exponent))
  }

  private static let limit = 10_000_000

  private mutating func take(_ digit: UInt64, behindPoint: Bool) {
    if mantissa < 1_000_000_000_000_000_000 {
      mantissa = mantissa * 10 + digit
      if behindPoint { exponent -= 1 }
    } else {
      if digit != 0 { isExact = false }
      if !behindPoint { exponent += 1 }
    }
  }

  /// The exponent after an `e`.
  private static func power(_ place: Scan.Place) -> Int {
    var p = place
    let negative = p.pointee == UInt8(ascii: "-")
    if negative || p.pointee == UInt8(ascii: "+") { p += 1 }
    // Leading zeros of a long text may cancel a large exponent. This limit exceeds the length of any text, so clamping
    // never changes the result.
    var value = 0
    while Scan.isDigit(p.pointee) {
      value = min(value * 10 + Int(p.pointee &- UInt8(ascii: "0")), 1 << 40)
      p += 1
    }
    return negative ? -value : value
  }
}
