import Platform

/// The text that an evaluator commits with each position. It distinguishes statusd's positions from those that another
/// program or an administrator has committed for the group.
enum CommitNote {
  private static let prefix = "statusd since="

  /// The text of a group that evaluates its topic from this Kafka time on.
  static func text(since: WallTime) -> String { prefix + String(since.milliseconds) }

  /// The time in such a text; nil if it isn't statusd's.
  static func since(_ text: String) -> WallTime? {
    guard text.hasPrefix(prefix), let milliseconds = Int64(text.dropFirst(prefix.count)) else { return nil }
    return WallTime(milliseconds: milliseconds)
  }
}
