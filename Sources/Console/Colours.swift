/// The terminal colours of output lines (ECMA-48, Select Graphic Rendition).
public struct Colours: Sendable {
  /// Whether text is coloured at all.
  public let isOn: Bool

  /// Colours text if `isOn`.
  public init(isOn: Bool) { self.isOn = isOn }

  /// A text style, as its SGR parameters.
  enum Paint: String {
    case plain = ""
    case dim = "2"
    case bold = "1"
    case red = "1;31"
    case yellow = "33"
    case green = "32"
  }

  /// `text` in the style `paint`, followed by a reset.
  func paint(_ text: String, _ paint: Paint) -> String {
    isOn && paint != .plain && !text.isEmpty ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Whether to use colours: yes for a terminal that supports them, unless the environment forbids it.
  ///
  /// - Parameters:
  ///   - isTerminal: whether the output goes to a terminal.
  ///   - noColor: `NO_COLOR`; any nonempty value forbids colours (no-color.org).
  ///   - terminal: `TERM`; `dumb` forbids colours.
  public static func areWanted(isTerminal: Bool, noColor: String?, terminal: String?) -> Bool {
    isTerminal && (noColor ?? "").isEmpty && terminal != "dumb"
  }
}
