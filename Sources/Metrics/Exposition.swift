/// A text in Prometheus' format, version 0.0.4.
struct Exposition {
  /// The type of this format over HTTP.
  static let type: StaticString = "text/plain; version=0.0.4; charset=utf-8"

  /// The text so far.
  private(set) var text = ""

  /// Begins a family of series: each name once in a text.
  mutating func family(_ name: String, _ kind: String, help: String) {
    text += "# HELP \(name) "
    Self.escape(help, escapesQuotes: false, into: &text)
    text += "\n# TYPE \(name) \(kind)\n"
  }

  /// A sample of the family begun last.
  mutating func sample(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
    text += name
    if !labels.isEmpty {
      text += "{"
      for (place, label) in labels.enumerated() {
        if place > 0 { text += "," }
        text += "\(label.name)=\""
        Self.escape(label.value, escapesQuotes: true, into: &text)
        text += "\""
      }
      text += "}"
    }
    text += " \(Self.written(value))\n"
  }

  /// A whole number without a fraction.
  private static func written(_ value: Double) -> String {
    if value == value.rounded(), value.magnitude < 9_007_199_254_740_992 { return "\(Int64(value))" }
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return "\(value)"
  }

  /// A text stays within its quotes and its line, whatever it contains.
  private static func escape(_ text: String, escapesQuotes: Bool, into escaped: inout String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where escapesQuotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
  }
}
