/// A value that is used and never shown: its description, its reflection and what an error quotes of it are all `…`.
///
/// Where it came from may be shown: `check --print` writes the variable or the file, and masks what stood in the
/// configuration itself.
public struct Secret: Sendable {
  /// Where a secret came from.
  public enum Origin: Equatable, Sendable {
    /// It stands in the configuration as it is.
    case literal
    /// The configuration names variables of the environment; the text as written, such as `${KAFKA_PASSWORD}`.
    case variables(String)
    /// It was read from this file.
    case file(String)
  }

  /// Where it came from.
  public let origin: Origin
  private let value: String

  /// Keeps `value`, which came from `origin`.
  public init(_ value: String, origin: Origin = .literal) {
    self.value = value
    self.origin = origin
  }

  /// The value itself, for the one place that hands it on.
  public func reveal() -> String { value }

  /// What is shown in its place.
  public static let mask = "…"
}

extension Secret: Equatable {
  /// Whether both hold the same value, wherever it came from.
  public static func == (a: Secret, b: Secret) -> Bool { a.value == b.value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// `…`
  public var description: String { Secret.mask }
  /// `…`
  public var debugDescription: String { Secret.mask }
  /// Without children, so that `dump` and string interpolation of what surrounds it show nothing.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
