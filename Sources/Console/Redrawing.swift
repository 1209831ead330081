import Glibc

/// Draws a text on a terminal again and again, in place.
public struct Redrawing {
  private var isFirst = true

  /// Nothing is drawn yet.
  public init() {}

  /// The size of a terminal, in characters.
  public struct Size: Equatable, Sendable {
    /// The number of lines.
    public var rows: Int
    /// The number of characters in a line.
    public var columns: Int

    /// A terminal of this size.
    public init(rows: Int, columns: Int) { (self.rows, self.columns) = (rows, columns) }

    /// The size of the terminal of standard output; nil if it isn't one, or one that can't move its cursor.
    public static var ofOutput: Size? {
      var size = winsize()
      guard isatty(STDOUT_FILENO) == 1, getenv("TERM").map({ strcmp($0, "dumb") != 0 }) ?? false,
        ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0
      else { return nil }
      return Size(rows: Int(size.ws_row), columns: Int(size.ws_col))
    }
  }

  /// What to write (ECMA-48): the lines from the top of the screen on, over what stands there. Lines must fit into the
  /// width. Those that don't fit into the height are counted instead.
  ///
  /// - Parameter foot: lines that are shown in any case, after the others.
  public mutating func frame(_ lines: [String], foot: [String] = [], rows: Int) -> String {
    defer { isFirst = false }
    // The cursor stands in the last line.
    let room = max(1, rows - 1 - foot.count)
    var shown = lines
    if lines.count > room {
      shown = lines.prefix(room - 1) + ["… and \(lines.count - room + 1) more"]
    }
    let text = (shown + foot).map { $0 + "\u{1B}[K\n" }.joined()
    return (isFirst ? "\u{1B}[2J" : "") + "\u{1B}[H" + text + "\u{1B}[J"
  }
}
