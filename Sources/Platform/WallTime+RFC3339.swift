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
    let daysToYear1 = Self.earliest.milliseconds / 86_400_000
    let date = GregorianDate(daysSinceEpoch: sinceYear1 / 86_400_000 + daysToYear1)
    let time = sinceYear1 % 86_400_000
    bytes.append(digits: date.year, width: 4)
    bytes.append(UInt8(ascii: "-"))
    bytes.append(digits: date.month, width: 2)
    bytes.append(UInt8(ascii: "-"))
    bytes.append(digits: date.day, width: 2)
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
