extension Duration {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  /// Parses a duration as people write it in configuration files and on the command line: `500ms`, `30s`, `1h30m`.
  ///
  /// Whole numbers, each with its unit (`d`, `h`, `m`, `s`, `ms`), longer units first, each unit once. nil if the text
  /// is anything else, or the duration doesn't fit Int64 milliseconds.
  public init?(text: String) {
    var rest = text.utf8[...]
    var milliseconds: Int64 = 0
    var units = Self.units[...]
    repeat {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest.dropFirst(name.count)
      guard let count = Int64(Substring(digits)),
        let index = units.firstIndex(where: { $0.name.utf8.elementsEqual(name) })
      else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: units[index].milliseconds)
      let (sum, overflowOfSum) = milliseconds.addingReportingOverflow(product)
      if overflow || overflowOfSum { return nil }
      milliseconds = sum
      units = units[(index + 1)...]
    } while !rest.isEmpty
    self = .milliseconds(milliseconds)
  }

  /// The duration to the millisecond: `1h30m`, `500ms`, `0s`; with a leading minus sign if negative.
  public var text: String {
    var left = wholeMilliseconds.magnitude
    if left == 0 { return "0s" }
    var text = wholeMilliseconds < 0 ? "-" : ""
    for (name, size) in Self.units where left >= UInt64(size) {
      text += "\(left / UInt64(size))\(name)"
      left %= UInt64(size)
    }
    return text
  }
}
