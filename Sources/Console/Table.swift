import Platform

/// A small table for people: columns as wide as what stands in them.
public struct Table {
  private var rows: [[String]] = []
  private let rightAligned: Set<Int>

  /// A table, with this heading if there is one; the columns of these numbers, from 0, are aligned to the right.
  public init(_ heading: [String]? = nil, rightAligned: some Sequence<Int>) {
    self.rightAligned = Set(rightAligned)
    if let heading { rows.append(heading) }
  }

  /// Adds a row; what could disturb a terminal is escaped.
  public mutating func append(_ row: [String]) { rows.append(row.map { Printable.text($0) }) }

  /// The table's lines, without their ends. A column in which nothing stands takes no room.
  public var lines: [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() where widths[column] > 0 {
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        line += (line.isEmpty ? "" : "  ") + (rightAligned.contains(column) ? blanks + cell : cell + blanks)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// The table's lines, each with its end.
  public var text: String { lines.map { $0 + "\n" }.joined() }
}
