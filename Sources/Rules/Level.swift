import Records

/// The held level of a series, or the level of an alert: a severity, or none. None is the lowest.
enum Level: UInt8, Comparable {
  case none = 0
  case warning = 1
  case critical = 2

  /// The level of a severity.
  init(_ severity: Severity) { self = severity == .critical ? .critical : .warning }

  /// The severity; nil for none.
  var severity: Severity? { Severity(rawValue: rawValue) }

  @inline(__always)
  static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
}
