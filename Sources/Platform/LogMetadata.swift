/// The facts of a log line, in the order written: `["broker": .string(name), "count": 3]`.
public struct LogMetadata: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// One fact's value.
  public enum Value: Sendable, Equatable {
    /// Text from any source. It is written with control characters escaped.
    case string(String)
    /// A whole number; use `int` for any integer type.
    case integer(Int64)
    /// A number, written with the fewest digits that read back as the same value.
    case double(Double)
    /// `true` or `false`.
    case bool(Bool)
    /// Written in seconds, to the millisecond: `1.500s`.
    case duration(Duration)
    /// Written as RFC 3339.
    case time(WallTime)
  }

  /// Names and values, in the order in which they are written.
  public var facts: [(name: String, value: Value)]

  /// No facts.
  public init() { facts = [] }

  /// The facts of a literal, in its order.
  public init(dictionaryLiteral elements: (String, Value)...) {
    facts = elements.map { (name: $0.0, value: $0.1) }
  }

  /// Adds a fact at the end.
  public mutating func append(_ name: String, _ value: Value) { facts.append((name, value)) }

  /// The value of the first fact with this name; nil if there is none.
  public subscript(name: String) -> Value? { facts.first { $0.name == name }?.value }

  /// The same names and values in the same order.
  public static func == (a: LogMetadata, b: LogMetadata) -> Bool {
    a.facts.count == b.facts.count && zip(a.facts, b.facts).allSatisfy { $0.name == $1.name && $0.value == $1.value }
  }
}

extension LogMetadata.Value: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  /// `.string`.
  public init(stringLiteral value: String) { self = .string(value) }
  /// `.integer`.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// `.bool`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// `.integer`; a value outside Int64's range becomes the nearest one inside.
  public static func int(_ value: some BinaryInteger) -> Self { .integer(Int64(clamping: value)) }
}
