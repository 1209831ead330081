import Platform

/// A small table for people, with columns as wide as their content.
public struct Table {
  private var rows: [[String]] = []
  private let rightAligned: Set<Int>

  /// A table with an optional heading. The columns with these numbers, from 0, are right-aligned.
  public init(_ heading: [String]? = nil, rightAligned: some Sequence<Int>) {
    self.rightAligned = Set(rightAligned)
    if let heading { rows.append(heading) }
  }

  /// Adds a row, with control characters escaped.
  public mutating func append(_ row: [String]) { rows.append(row.map { Printable.text($0) }) }

  /// The table's lines without their ends. An empty column takes no room.
  public var lines: [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].columns : 0 }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() where widths[column] > 0 {
        let blanks = String(repeating: " ", count: widths[column] - cell.columns)
        line += (line.isEmpty ? "" : "  ") + (rightAligned.contains(column) ? blanks + cell : cell + blanks)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// The table's lines, each with its end.
  public var text: String { lines.map { $0 + "\n" }.joined() }
}
