import Cscan
import JSON
import Platform

/// The result of parsing a `timestamp`.
package enum TimeReading: Equatable {
  /// Milliseconds since the epoch, from year 1 to 9999.
  case instant(Int64)
  /// A date and time of day without a time zone, so the instant is unknown.
  case withoutZone
  /// Later than the year 9999.
  case beyond
  /// Not a time.
  case unreadable
}

/// Parses the times of records: RFC 3339, or a number of seconds or milliseconds since the epoch.
package enum EventTime {
  /// What RFC 3339 can write, in milliseconds since the epoch: the years 1 to 9999.
  static let range: ClosedRange<Int64> = WallTime.earliest.milliseconds...WallTime.latest.milliseconds

  /// Parses a number: seconds below 1e11, else milliseconds. It uses the decimal digits as written, and truncates below
  /// a millisecond.
  package static func number(_ place: Scan.Place) -> TimeReading {
    let decimal = Decimal(place)
    guard decimal.mantissa > 0 else { return .instant(0) }
    // mantissa x 10^exponent = 0.ddd x 10^magnitude, which is at least 1e11 if the magnitude is 12 or more.
    let magnitude = decimal.digitCount + decimal.exponent
    let shift = decimal.exponent + (magnitude >= 12 && !decimal.isNegative ? 0 : 3)
    // More than 18 digits before the point are beyond any year in either unit.
    if decimal.digitCount + shift > 18 { return decimal.isNegative ? .unreadable : .beyond }
    let milliseconds = scaled(decimal.mantissa, by: shift)
    return instant(decimal.isNegative ? -milliseconds : milliseconds)
  }

  /// `mantissa` x 10^`power`, truncated to a whole number; the result has at most 18 digits.
  private static func scaled(_ mantissa: UInt64, by power: Int) -> Int64 {
    if power <= -20 { return 0 }
    var value = mantissa
    for _ in 0..<abs(power) { value = power < 0 ? value / 10 : value * 10 }
    return Int64(truncatingIfNeeded: value)
  }

  private static func instant(_ milliseconds: Int64) -> TimeReading {
    if milliseconds > range.upperBound { return .beyond }
    return milliseconds < range.lowerBound ? .unreadable : .instant(milliseconds)
  }

  /// Parses RFC 3339 with any offset, also with lower-case letters or a blank instead of the `T`. Digits below a
  /// millisecond are truncated. A leap second counts as the first second of the next minute (POSIX has none), and is
  /// valid only at 23:59:60 UTC.
  package static func text(_ text: UnsafeRawBufferPointer) -> TimeReading {
    guard text.count >= 19,
      let year = digits(text, 0, 4), text[4] == UInt8(ascii: "-"),
      let month = digits(text, 5, 2), text[7] == UInt8(ascii: "-"), let day = digits(text, 8, 2),
      let date = GregorianDate(year: year, month: month, day: day),
      text[10] | 0x20 == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "),
      let hour = digits(text, 11, 2), hour <= 23, text[13] == UInt8(ascii: ":"),
      let minute = digits(text, 14, 2), minute <= 59, text[16] == UInt8(ascii: ":"),
      let second = digits(text, 17, 2), second <= 60
    else { return .unreadable }
    var i = 19
    var fraction: Int64 = 0
    if i < text.count, text[i] == UInt8(ascii: ".") {
      i += 1
      let first = i
      while i < text.count, let digit = digits(text, i, 1) {
        if i - first < 3 { fraction = fraction * 10 + digit }
        i += 1
      }
      if i == first { return .unreadable }
      for _ in min(i - first, 3)..<3 { fraction *= 10 }
    }
    if i == text.count { return .withoutZone }
    guard let offset = offset(text, at: i) else { return .unreadable }
    let minutes = (date.daysSinceEpoch * 24 + hour) * 60 + minute - offset
    if second == 60, (minutes + 1) % (24 * 60) != 0 { return .unreadable }
    return instant((minutes * 60 + second) * 1000 + fraction)
  }

  /// Minutes east of UTC; nil if the text from `index` to its end isn't an offset.
  private static func offset(_ text: UnsafeRawBufferPointer, at index: Int) -> Int64? {
    if text[index] | 0x20 == UInt8(ascii: "z") { return index + 1 == text.count ? 0 : nil }
    let sign: Int64
    switch text[index] {
    case UInt8(ascii: "+"): sign = 1
    case UInt8(ascii: "-"): sign = -1
    default: return nil
    }
    guard index + 6 == text.count, text[index + 3] == UInt8(ascii: ":"),
      let hours = digits(text, index + 1, 2), hours <= 23, let minutes = digits(text, index + 4, 2), minutes <= 59
    else { return nil }
    return sign * (hours * 60 + minutes)
  }

  /// The number that `count` digits at `index` spell; nil if one of the bytes isn't a digit.
  private static func digits(_ text: UnsafeRawBufferPointer, _ index: Int, _ count: Int) -> Int64? {
    var value: Int64 = 0
    for i in index..<index + count {
      let digit = text[i] &- UInt8(ascii: "0")
      if digit > 9 { return nil }
      value = value * 10 + Int64(digit)
    }
    return value
  }
}

/// A fast parser for the most common form of time, `"2026-11-22T18:00:00.000Z"`. It recognizes times in the same minute
/// as the last one learnt.
struct MinuteGuess {
  /// `2026-11-22T18:00:` as two words and a byte. All zero, which matches no text, until a minute is learnt.
  private var words: (UInt64, UInt64, UInt8) = (0, 0, 0)
  private var start: Int64 = 0

  /// The time whose text begins at `place`, after the quote; nil if it isn't in the minute learnt last.
  @inline(__always) func read(_ place: Scan.Place) -> Int64? {
    guard cscan_word(place) == words.0, cscan_word(place + 8) == words.1, place[16] == words.2 else { return nil }
    // The expected form is `SS.mmmZ"`. The XOR with `00.000Z"` leaves the digits' values, with zeros between them.
    let rest = cscan_word(place + 17) ^ 0x225A_3030_302E_3030
    guard rest & 0xFFFF_F0F0_F0FF_F0F0 == 0, (rest &+ 0x0606_0600_0606) & 0xF0F0_F000_F0F0 == 0 else { return nil }
    let second = (rest & 15) &* 10 &+ (rest >> 8 & 15)
    guard second < 60 else { return nil }
    let thousandths = (rest >> 24 & 15) &* 100 &+ (rest >> 32 & 15) &* 10 &+ (rest >> 40 & 15)
    return start &+ Int64(truncatingIfNeeded: second &* 1000 &+ thousandths)
  }

  /// Learns the minute of the text at `place`, whose time is `instant`, if it has that form.
  mutating func learn(_ place: Scan.Place, length: Int, instant: Int64) {
    guard length == 24, place[10] == UInt8(ascii: "T"), place[19] == UInt8(ascii: "."), place[23] == UInt8(ascii: "Z"),
      place[17] < UInt8(ascii: "6")
    else { return }
    words = (cscan_word(place), cscan_word(place + 8), place[16])
    start = instant - (instant % 60_000 + 60_000) % 60_000
  }
}
