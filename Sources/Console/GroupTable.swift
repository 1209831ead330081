import Platform

/// Formats the newest readings of consumer groups as a table for people.
public enum GroupTable {
  /// - Parameters:
  ///   - groups: in the order of the lines.
  ///   - rules: nil if it isn't known which rules fire.
  ///   - now: determines how old each reading is.
  ///   - width: the columns of the terminal, to which lines are cut; nil if they aren't. Names take a third each at most.
  public static func of(
    _ groups: [SeenGroup], firing rules: FiringRules?, now: WallTime, width: Int? = nil
  ) -> ReadingTable {
    let isMissing = groups.contains { ($0.missing ?? 0) > 0 }
    let rows = groups.map { group in
      var cells = [name(group.group, width), group.topic.map { name($0, width) } ?? "", group.state ?? ""]
      cells += [group.lag, group.lagMax].map { $0.map(\.shown) ?? "-" }
      cells.append(Numbers.duration(milliseconds: group.behind.map { $0 * 1000 }))
      cells.append(rate(of: group).map { Numbers.count($0) + "/s" } ?? "")
      cells.append(group.members.map(\.shown) ?? "")
      if isMissing { cells.append(group.missing.flatMap { $0 > 0 ? $0.shown : nil } ?? "") }
      cells.append(Numbers.age(of: group.time, now))
      return ReadingTable.Row(subject: group.subject, cells: cells)
    }
    var heading = ["GROUP", "TOPIC", "STATE", "LAG", "MAX", "BEHIND", "PROGRESS", "MEMBERS"]
    if isMissing { heading.append("MISSING") }
    return ReadingTable(heading + ["AGE"], names: 3, rows, firing: rules, width: width)
  }

  /// Records a second; nil if unknown.
  private static func rate(of group: SeenGroup) -> Double? {
    guard let progress = group.progress, let interval = group.interval, interval > 0 else { return nil }
    return progress / interval * 1000
  }

  private static func name(_ text: String, _ width: Int?) -> String {
    Printable.text(text).cut(to: ReadingTable.nameWidth(width))
  }
}
