import Rules

/// The rules of each source topic, in the order of the worker's topics.
public struct SourceRules: Equatable, Sendable {
  /// One set for all topics, or one for each.
  private let sets: [RuleSet]

  /// The same rules for all topics.
  public init(_ everywhere: RuleSet) { sets = [everywhere] }

  /// The rules of each topic: as many sets as there are topics.
  public init(_ each: [RuleSet]) { sets = each }

  /// The rules of topic `number`; none if there is no such topic.
  public subscript(_ number: Int) -> RuleSet {
    if sets.count == 1 { return sets[0] }
    return sets.indices.contains(number) ? sets[number] : RuleSet([])
  }

  /// How many rules there are, each counted once.
  public var count: Int { sets.reduce(0) { $0 + $1.rules.count } }

  /// The most bytes that one of the sets takes in the changelog.
  package func greatestStoredSize(instance: String) -> Int {
    sets.map { $0.greatestStoredSize(instance: instance) }.max() ?? 0
  }
}
