import Platform

/// Durations and sizes as they are written in a file: their values, and what is wrong with an invalid one.
enum Units {
  private static let sizes: [(name: String, bytes: Int64)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]

  /// The bytes of `64MiB`: one whole number with its unit. nil if the text is anything else, or exceeds Int64.
  static func bytes(_ text: String) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int64(digits), let unit = sizes.first(where: { $0.name == text.dropFirst(digits.count) })
    else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
    return overflow ? nil : product
  }

  /// A size in the largest unit without remainder; KiB is the smallest unit of a file.
  static func text(bytes: Int64) -> String {
    for unit in sizes where bytes != 0 && bytes % unit.bytes == 0 { return "\(bytes / unit.bytes)\(unit.name)" }
    return "\(bytes >> 10)KiB"
  }

  /// Why `text` is no duration, and what to do. Doesn't quote it, because it can come from a variable.
  static func problem(ofDuration text: String) -> String {
    if text.hasPrefix("-") { return "a duration can't be negative; write one such as \"30s\"" }
    let malformed = "that is no duration; write whole numbers with ms, s, m, h or d, such as \"30s\" or \"1h30m\""
    let units = ["d", "h", "m", "s", "ms"]
    var places: [Int] = []
    var rest = text[...]
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      let name = rest.dropFirst(digits.count).prefix { !($0.isASCII && $0.isNumber) }
      if digits.isEmpty { break }
      if name.isEmpty { return "a number lacks its unit, ms, s, m, h or d; write one such as \"30s\"" }
      guard let place = units.firstIndex(of: String(name)) else { break }
      places.append(place)
      rest = rest.dropFirst(digits.count + name.count)
    }
    if !rest.isEmpty || places.isEmpty { return malformed }
    if zip(places, places.dropFirst()).contains(where: { $0 >= $1 }) {
      return "write the longer unit first, and each unit once, as in \"1h30m\""
    }
    return "that duration is too long; write one such as \"30s\""
  }
}
