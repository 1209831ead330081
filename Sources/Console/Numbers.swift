import Platform

/// Numbers for people.
enum Numbers {
  /// How old a reading is.
  static func age(of time: WallTime, _ now: WallTime) -> String {
    duration(milliseconds: Double((now - time).wholeMilliseconds))
  }

  /// A number for people: `0.25`, `12.3`, `1234`.
  static func count(_ number: Double) -> String {
    let decimals = number.magnitude < 10 ? 2 : number.magnitude < 1000 ? 1 : 0
    return rounded(number, decimals: decimals)
  }

  /// A number of bytes for people: `12 B`, `1.5 KiB`.
  static func bytes(_ number: Double) -> String {
    var number = number
    var units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][...]
    // 1023.96 KiB would be shown as 1024.0 KiB.
    while number.magnitude >= 1023.95, units.count > 1 {
      number /= 1024
      units.removeFirst()
    }
    let isWhole = units.startIndex == 0 && number.magnitude >= 10
    return rounded(number, decimals: isWhole ? 0 : 1) + " " + (units.first ?? "")
  }

  /// A duration for people: `0.4ms`, `250ms`, `1.5s`, `12s`, `3h2m1s`; empty if there is none.
  static func duration(milliseconds: Double?) -> String {
    guard let milliseconds else { return "" }
    let magnitude = milliseconds.magnitude
    if magnitude == 0 { return "0s" }
    if magnitude < 9.95 { return rounded(milliseconds, decimals: 1) + "ms" }
    if magnitude < 999.5 { return rounded(milliseconds, decimals: 0) + "ms" }
    if magnitude < 9950 { return rounded(milliseconds / 1000, decimals: 1) + "s" }
    guard magnitude < greatest else { return (milliseconds / 1000).shown + "s" }
    let sign = milliseconds < 0 ? "-" : ""
    let seconds = Int64((magnitude / 1000).rounded())
    return sign + Duration.seconds(seconds < 86_400 ? seconds : seconds - seconds % 60).text
  }

  /// From here on a double has no digits after the point.
  private static let greatest = 9_007_199_254_740_992.0

  /// `number` with at most so many (0 to 2) digits after the point, without zeros at the end.
  private static func rounded(_ number: Double, decimals: Int) -> String {
    guard number.magnitude < greatest / 100 else { return number.shown }
    let power = decimals == 0 ? 1.0 : decimals == 1 ? 10 : 100
    let text = ((number * power).rounded() / power).shown
    return text == "-0" ? "0" : text
  }
}
