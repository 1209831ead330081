/// The few colours of a terminal that lines are painted with (ECMA-48, Select Graphic Rendition).
public struct Colours: Sendable {
  /// Whether anything is painted at all.
  public let isOn: Bool

  /// Paints, or doesn't.
  public init(isOn: Bool) { self.isOn = isOn }

  /// What a text is painted with.
  enum Paint: String {
    case plain = ""
    case dim = "2"
    case bold = "1"
    case red = "1;31"
    case yellow = "33"
    case green = "32"
  }

  /// `text` painted, and what follows it unpainted again.
  func paint(_ text: String, _ paint: Paint) -> String {
    isOn && paint != .plain && !text.isEmpty ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Whether colours are wanted: by a terminal that can show them, unless the environment says no.
  ///
  /// - Parameters:
  ///   - isTerminal: whether a terminal reads what is written.
  ///   - noColor: `NO_COLOR`; set to anything but nothing, it means no (no-color.org).
  ///   - terminal: `TERM`; `dumb` means no.
  public static func areWanted(isTerminal: Bool, noColor: String?, terminal: String?) -> Bool {
    isTerminal && (noColor ?? "").isEmpty && terminal != "dumb"
  }
}
