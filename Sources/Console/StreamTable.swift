import Platform

/// Formats the newest readings of streams as a table for people.
public enum StreamTable {
  /// - Parameters:
  ///   - streams: in the order of the lines.
  ///   - rules: nil if it isn't known which rules fire.
  ///   - now: determines how old each reading is.
  ///   - width: the columns of the terminal, to which lines are cut; nil if they aren't. Names take a third at most.
  public static func of(
    _ streams: [SeenStream], firing rules: FiringRules?, now: WallTime, width: Int? = nil
  ) -> ReadingTable {
    /// Columns that are there only if a line has something to say in them.
    let rare: [(heading: String, number: KeyPath<SeenStream, Double?>)] = [
      ("MISSING", \.missing), ("LATE", \.late), ("LOST", \.lost),
    ].filter { column in streams.contains { isPositive($0[keyPath: column.1]) } }
    let rows = streams.map { stream in
      var cells = [Printable.text(stream.subject).cut(to: ReadingTable.nameWidth(width))]
      cells.append(stream.rate.map { Numbers.count($0) + "/s" } ?? "-")
      cells.append(stream.byteRate.map { Numbers.bytes($0) + "/s" } ?? "-")
      cells.append(Numbers.duration(milliseconds: stream.delay))
      cells.append(Numbers.duration(milliseconds: stream.silence.map { $0 * 1000 }))
      for column in rare {
        cells.append(stream[keyPath: column.number].flatMap { isPositive($0) ? Numbers.count($0) : nil } ?? "")
      }
      cells.append(Numbers.age(of: stream.time, now))
      return ReadingTable.Row(subject: stream.subject, cells: cells)
    }
    return ReadingTable(
      ["STREAM", "RATE", "BYTES", "DELAY", "SILENCE"] + rare.map(\.heading) + ["AGE"], names: 1, rows, firing: rules,
      width: width)
  }

  private static func isPositive(_ number: Double?) -> Bool { number.map { $0 > 0 } ?? false }
}
