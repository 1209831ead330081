import Platform
import Records

/// Formats the newest readings of streams as a table for people.
public struct StreamTable {
  private let table: Table
  /// The last cell of each line, and its colour.
  private let firing: [(text: String, paint: Colours.Paint)]

  private let width: Int?

  /// The greatest width of a name, in columns. A longer name is cut.
  public static let greatestName = 60
  /// How many firing rules are named for a subject.
  public static let greatestRules = 5

  /// - Parameters:
  ///   - streams: in the order of the lines.
  ///   - rules: nil if it isn't known which rules fire.
  ///   - now: determines how old each reading is.
  ///   - width: the columns of the terminal, to which lines are cut; nil if they aren't. Names take a third at most.
  public init(_ streams: [SeenStream], firing rules: FiringRules?, now: WallTime, width: Int? = nil) {
    self.width = width
    let nameWidth = width.map { min(Self.greatestName, max(16, $0 / 3)) } ?? Self.greatestName
    /// Columns that are there only if a line has something to say in them.
    let rare: [(heading: String, number: KeyPath<SeenStream, Double?>)] = [
      ("MISSING", \.missing), ("LATE", \.late), ("LOST", \.lost),
    ].filter { column in streams.contains { Self.isPositive($0[keyPath: column.1]) } }
    let heading = ["STREAM", "RATE", "BYTES", "DELAY", "SILENCE"] + rare.map(\.heading) + ["AGE", "FIRING"]
    var table = Table(heading, rightAligned: 1..<(heading.count - 1))
    var firing: [(text: String, paint: Colours.Paint)] = [("FIRING", .plain)]
    for stream in streams {
      let rules = rules.map { $0[stream.subject] }
      let text = Printable.text(rules.map(Self.text) ?? "?")
      let numbers = [
        stream.rate.map { Self.count($0) + "/s" } ?? "-", stream.byteRate.map { Self.bytes($0) + "/s" } ?? "-",
        Self.duration(milliseconds: stream.delay), Self.duration(milliseconds: stream.silence.map { $0 * 1000 }),
      ]
      let others = rare.map { column in
        stream[keyPath: column.number].flatMap { Self.isPositive($0) ? Self.count($0) : nil } ?? ""
      }
      let age = Self.duration(milliseconds: Double((now - stream.time).wholeMilliseconds))
      let name = Printable.text(stream.subject).cut(to: nameWidth)
      table.append([name] + numbers + others + [age, text])
      let paint: Colours.Paint = rules?.first?.severity == .critical ? .red : rules == nil ? .plain : .yellow
      firing.append((text, paint))
    }
    self.table = table
    self.firing = firing
  }

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

  private static func isPositive(_ number: Double?) -> Bool { number.map { $0 > 0 } ?? false }
}
