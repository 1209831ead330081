/// A date of the proleptic Gregorian calendar, from year 1 on.
///
/// Years begin in March in the arithmetic, so that a leap day is a year's last day (Howard Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms", `days_from_civil` and `civil_from_days`).
public struct GregorianDate: Equatable, Sendable {
  /// From 1 on.
  public var year: Int64
  /// 1 to 12.
  public var month: Int64
  /// 1 to 31.
  public var day: Int64

  /// Days from 0000-03-01, where the arithmetic begins, to 1970-01-01.
  private static let epoch: Int64 = 719_468

  /// The date; nil if there is no such day, or the year is below 1.
  public init?(year: Int64, month: Int64, day: Int64) {
    guard year > 0, (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year) else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// The date that is `days` after 1970-01-01. `days` must not lie before 0000-03-01.
  public init(daysSinceEpoch days: Int64) {
    let sinceMarch0 = days + Self.epoch
    let era = sinceMarch0 / 146_097
    let dayOfEra = sinceMarch0 % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01; negative before it.
  public var daysSinceEpoch: Int64 {
    let y = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return y * 365 + y / 4 - y / 100 + y / 400 + dayOfYear - Self.epoch
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
