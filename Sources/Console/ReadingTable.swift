import Platform
import Records

/// A table of readings for people, whose last column has the rules that fire for each subject.
public struct ReadingTable {
  private let table: Table
  /// The last cell of each line, and its colour.
  private let firing: [(text: String, paint: Colours.Paint)]
  private let width: Int?

  /// The greatest width of a name, in columns. A longer name is cut.
  public static let greatestName = 60
  /// How many firing rules are named for a subject.
  public static let greatestRules = 5

  /// One reading.
  struct Row {
    var subject: String
    var cells: [String]
  }

  /// - Parameters:
  ///   - heading: of all columns but the last.
  ///   - names: how many of them are names, which are left-aligned.
  ///   - rules: nil if it isn't known which rules fire.
  ///   - width: the columns of the terminal, to which lines are cut; nil if they aren't.
  init(_ heading: [String], names: Int, _ rows: [Row], firing rules: FiringRules?, width: Int?) {
    self.width = width
    var table = Table(heading + ["FIRING"], rightAligned: names..<heading.count)
    var firing: [(text: String, paint: Colours.Paint)] = [("FIRING", .plain)]
    for row in rows {
      let rules = rules.map { $0[row.subject] }
      let text = Printable.text(rules.map(Self.text) ?? "?")
      table.append(row.cells + [text])
      let paint: Colours.Paint = rules?.first?.severity == .critical ? .red : rules == nil ? .plain : .yellow
      firing.append((text, paint))
    }
    self.table = table
    self.firing = firing
  }

  /// The greatest width of a name: a third of the terminal.
  static func nameWidth(_ width: Int?) -> Int { width.map { min(greatestName, max(16, $0 / 3)) } ?? greatestName }

  /// The table's lines without their ends, the heading first.
  public func lines(colours: Colours) -> [String] {
    zip(table.lines, firing).map { line, firing in
      // In bytes: a text may begin with a mark that combines with the blank before it.
      let start = String(Substring(line.utf8.dropLast(firing.text.utf8.count)))
      guard let width, line.columns > width else { return start + colours.paint(firing.text, firing.paint) }
      let room = width - start.columns
      return room > 0 ? start + colours.paint(firing.text.cut(to: room), firing.paint) : start.cut(to: width)
    }
  }

  /// `orders-stopped (critical), orders-late (warning)`.
  private static func text(of rules: [(rule: String, severity: Severity)]) -> String {
    let shown = rules.prefix(greatestRules).map { "\($0.rule) (\($0.severity.name))" }
    let others = rules.count - shown.count
    return shown.joined(separator: ", ") + (others > 0 ? ", and \(counted(others, "other"))" : "")
  }
}
