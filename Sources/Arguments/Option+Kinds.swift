import Platform

extension Option where Value == String {
  /// Any nonempty text.
  public static func text(
    _ name: String, short: Character? = nil, placeholder: String, help: String, isRequired: Bool = false,
    completion: Completion = .nothing
  ) -> Self {
    Self(
      name, short: short, placeholder: placeholder, help: help, isRequired: isRequired, completion: completion
    ) { text throws(ValueError) in
      if text.isEmpty { throw ValueError("is empty") }
      return text
    }
  }

  /// The path of a file. Whether the file exists isn't checked.
  public static func file(
    _ name: String, short: Character? = nil, help: String, isRequired: Bool = false
  ) -> Self {
    .text(name, short: short, placeholder: "FILE", help: help, isRequired: isRequired, completion: .files)
  }
}

extension Option where Value: FixedWidthInteger {
  /// A whole number in `range`.
  public static func count(
    _ name: String, short: Character? = nil, placeholder: String = "N", in range: ClosedRange<Value>, help: String,
    isRequired: Bool = false
  ) -> Self {
    Self(name, short: short, placeholder: placeholder, help: help, isRequired: isRequired) { text throws(ValueError) in
      guard let value = Value(text), range.contains(value) else {
        throw ValueError("is not a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
  }
}

extension Option where Value == Double {
  /// A finite number in `range`.
  public static func number(
    _ name: String, short: Character? = nil, placeholder: String = "N", in range: ClosedRange<Double>, help: String,
    isRequired: Bool = false
  ) -> Self {
    Self(name, short: short, placeholder: placeholder, help: help, isRequired: isRequired) { text throws(ValueError) in
      guard let value = Double(text), range.contains(value) else {
        throw ValueError("is not a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
  }
}

extension Option where Value == Duration {
  /// A duration in `range`, written as `Duration.text` writes it.
  public static func duration(
    _ name: String, short: Character? = nil, placeholder: String = "DURATION", in range: ClosedRange<Duration>,
    help: String, isRequired: Bool = false
  ) -> Self {
    Self(name, short: short, placeholder: placeholder, help: help, isRequired: isRequired) { text throws(ValueError) in
      guard let value = Duration(text: text) else { throw ValueError("is not a duration such as 30s, 10m or 1h30m") }
      guard range.contains(value) else {
        throw ValueError("is not from \(range.lowerBound.text) to \(range.upperBound.text)")
      }
      return value
    }
  }
}

extension Option where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the type's cases, given by its raw value.
  public static func choice(
    _ name: String, short: Character? = nil, help: String, isRequired: Bool = false
  ) -> Self {
    let words = Value.allCases.map(\.rawValue)
    return Self(
      name, short: short, placeholder: words.joined(separator: "|"), help: help, isRequired: isRequired,
      completion: .words(words)
    ) { text throws(ValueError) in
      if let value = Value(rawValue: text) { return value }
      let hint = suggestion(for: text, among: words).map { " (did you mean '\($0)'?)" } ?? ""
      throw ValueError("is not one of \(words.joined(separator: ", "))\(hint)")
    }
  }
}
