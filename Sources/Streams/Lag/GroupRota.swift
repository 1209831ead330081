/// Whose turn it is among the consumer groups: a round has room for some, and those that have waited longest come first.
public struct GroupRota {
  /// How many groups take turns. Beyond these, groups wait until others are gone.
  public static let greatestCount = 10_000

  /// The place of each group in the queue. A new one gets in behind all others, so groups that come and go can't keep
  /// others from their turns.
  private var places: [String: UInt64] = [:]
  /// The place behind all others.
  private var last: UInt64 = 0
  /// How many groups of the last round there was no room for.
  public private(set) var refused = 0

  /// A rota without groups.
  public init() {}

  /// The groups to ask in this round, the one that has waited longest first. They queue up again, whether brokers answer
  /// or not.
  ///
  /// - Parameters:
  ///   - groups: all that are watched and exist; others are forgotten.
  ///   - limit: how many at most.
  public mutating func next(of groups: some Sequence<String>, limit: Int) -> [String] {
    let present = Set(groups)
    places = places.filter { present.contains($0.key) }
    refused = 0
    for group in present.sorted() where places[group] == nil {
      if places.count < Self.greatestCount { queue(group) } else { refused += 1 }
    }
    let chosen = places.sorted { $0.value < $1.value }.prefix(max(0, limit)).map(\.key)
    for group in chosen { queue(group) }
    return chosen
  }

  private mutating func queue(_ group: String) {
    last += 1
    places[group] = last
  }
}
