extension WallTime {
  /// The first instant that RFC 3339 can write: year 1.
  public static let earliest = WallTime(milliseconds: -62_135_596_800_000)

  /// The last instant that RFC 3339 can write: the last millisecond of year 9999.
  public static let latest = WallTime(milliseconds: 253_402_300_799_999)

  /// `2026-11-22T18:00:00.000Z`. An instant outside the years 1 to 9999 is written as the nearest one inside.
  public var rfc3339: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24)
    appendRFC3339(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the 24 bytes of `rfc3339`. Allocates nothing if `bytes` has room.
  public func appendRFC3339(to bytes: inout [UInt8]) {
    let clamped = min(max(self, .earliest), .latest).milliseconds
    // Counted from year 1 no value is negative, so / and % round down.
    let sinceYear1 = clamped - Self.earliest.milliseconds
    let (year, month, day) = Self.date(daysSinceYear1: sinceYear1 / 86_400_000)
    let time = sinceYear1 % 86_400_000
    bytes.append(digits: year, width: 4)
    bytes.append(UInt8(ascii: "-"))
    bytes.append(digits: month, width: 2)
    bytes.append(UInt8(ascii: "-"))
    bytes.append(digits: day, width: 2)
    bytes.append(UInt8(ascii: "T"))
    bytes.append(digits: time / 3_600_000, width: 2)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(digits: time / 60_000 % 60, width: 2)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(digits: time / 1000 % 60, width: 2)
    bytes.append(UInt8(ascii: "."))
    bytes.append(digits: time % 1000, width: 3)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// The proleptic Gregorian date. Years begin in March here, so that a leap day is a year's last day
  /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
  private static func date(daysSinceYear1 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let sinceMarch0 = days + 306
    let era = sinceMarch0 / 146_097
    let dayOfEra = sinceMarch0 % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}

extension [UInt8] {
  /// The last `width` decimal digits of `value`, which isn't negative.
  fileprivate mutating func append(digits value: Int64, width: Int) {
    var divisor: Int64 = 1
    for _ in 1..<width { divisor *= 10 }
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
      divisor /= 10
    }
  }
}
