/// Whose turn it is among the consumer groups: a round has room for some, and those that have waited longest come first.
public struct GroupRota {
  /// How many groups take turns. Beyond these, groups wait until others are gone.
  public static let greatestCount = 10_000

  /// For each group, when it had its turn; before the first one, when it was seen first. So groups that come and go can't
  /// keep others from their turns.
  private var turns: [String: Int64] = [:]
  /// How many groups of the last round there was no room for.
  public private(set) var refused = 0

  /// A rota without groups.
  public init() {}

  /// The groups to ask in this round, the one that has waited longest first. It is their turn now, whether brokers answer
  /// or not.
  ///
  /// - Parameters:
  ///   - groups: all that are watched and exist; others are forgotten.
  ///   - limit: how many at most.
  ///   - time: the round's, milliseconds, on a clock that doesn't go back.
  public mutating func next(of groups: some Sequence<String>, limit: Int, at time: Int64) -> [String] {
    let present = Set(groups)
    turns = turns.filter { present.contains($0.key) }
    refused = 0
    for group in present.sorted() where turns[group] == nil {
      if turns.count < Self.greatestCount { turns[group] = time } else { refused += 1 }
    }
    let order = turns.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    let chosen = order.prefix(max(0, limit)).map(\.key)
    for group in chosen { turns[group] = time }
    return chosen
  }
}
