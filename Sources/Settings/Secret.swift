/// A value that is used and never shown: its description, its reflection and quotes of it in errors are all `…`.
///
/// Its origin may be shown: `check --print` writes the variable or the file, and masks a secret in the configuration
/// itself.
public struct Secret: Sendable {
  /// Where a secret came from.
  public enum Origin: Equatable, Sendable {
    /// The configuration itself.
    case literal
    /// Environment variables; the text as written, such as `${KAFKA_PASSWORD}`.
    case variables(String)
    /// This file.
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

  /// Whether a text is a single variable, `${NAME}`.
  static func isOneVariable(_ text: String) -> Bool {
    let expansion = try? Expansion(text) { _ in "" }
    return expansion?.variables.count == 1 && text == "${\(expansion?.variables.first ?? "")}"
  }

  /// The value itself, for the one place that passes it on.
  public func reveal() -> String { value }

  /// The text shown instead of it.
  public static let mask = "…"
}

extension Secret: Equatable {
  /// Whether both have the same value, whatever its origin.
  public static func == (a: Secret, b: Secret) -> Bool { a.value == b.value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// `…`
  public var description: String { Secret.mask }
  /// `…`
  public var debugDescription: String { Secret.mask }
  /// Without children, so that `dump` and string interpolation of an enclosing value don't show it.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
