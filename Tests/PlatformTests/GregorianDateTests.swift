import Foundation
import Platform
import Testing

@Suite("Dates of the Gregorian calendar")
struct GregorianDateTests {
  @Test("each day from year 1 to 9999 follows the one before, and its number leads back to it")
  func everyDay() throws {
    var days = try #require(GregorianDate(year: 1, month: 1, day: 1)).daysSinceEpoch
    var before = GregorianDate(daysSinceEpoch: days - 1)
    #expect(before.year == 0 && before.month == 12 && before.day == 31)
    while true {
      let date = GregorianDate(daysSinceEpoch: days)
      if date.year > 9999 { break }
      guard date.daysSinceEpoch == days, GregorianDate(year: date.year, month: date.month, day: date.day) == date,
        date.day == before.day + 1 || (date.day == 1 && date.month == before.month % 12 + 1)
      else {
        Issue.record("\(date) doesn't follow \(before)")
        return
      }
      before = date
      days += 1
    }
    #expect(before == GregorianDate(year: 9999, month: 12, day: 31))
  }

  @Test(
    "Foundation's calendar has the same days",
    arguments: [(1970, 1, 1, 0), (2000, 2, 29, 11_016), (1900, 3, 1, -25_508), (2026, 11, 30, 20_787)])
  func known(year: Int64, month: Int64, day: Int64, days: Int64) throws {
    #expect(GregorianDate(year: year, month: month, day: day)?.daysSinceEpoch == days)
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    let instant = Date(timeIntervalSince1970: Double(days) * 86_400)
    let parts = calendar.dateComponents([.year, .month, .day], from: instant)
    #expect(parts.year == Int(year) && parts.month == Int(month) && parts.day == Int(day))
  }

  @Test(
    "days that don't exist are nil",
    arguments: [(0, 1, 1), (2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 0, 1), (2024, 1, 0)])
  func none(year: Int64, month: Int64, day: Int64) {
    #expect(GregorianDate(year: year, month: month, day: day) == nil)
  }
}
