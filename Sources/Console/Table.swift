/// A small table for people: a heading, and columns as wide as what stands in them.
public struct Table {
  private var rows: [[String]]
  private let rightAligned: Set<Int>

  /// A table with this heading; the columns of these numbers, from 0, are aligned to the right.
  public init(_ heading: [String], rightAligned: some Sequence<Int>) {
    rows = [heading]
    self.rightAligned = Set(rightAligned)
  }

  /// Adds a row; what could disturb a terminal is escaped.
  public mutating func append(_ row: [String]) { rows.append(row.map { Printable.text($0) }) }

  /// The table's lines, each with its end.
  public var text: String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    var text = ""
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        line += (column > 0 ? "  " : "") + (rightAligned.contains(column) ? blanks + cell : cell + blanks)
      }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text
  }
}
