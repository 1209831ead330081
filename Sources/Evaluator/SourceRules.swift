import Rules
import Settings

/// The rules of each source topic.
public struct SourceRules: Equatable, Sendable {
  /// The rules for the topics that `byTopic` doesn't name.
  private let others: RuleSet
  private let byTopic: [String: RuleSet]

  /// The same rules for all topics.
  public init(_ everywhere: RuleSet) {
    others = everywhere
    byTopic = [:]
  }

  /// Each topic's own rules. A topic that isn't among them has none: alerts of its records are resolved.
  public init(_ sources: [Settings.Source]) {
    others = RuleSet([])
    byTopic = Dictionary(sources.map { ($0.topic, $0.rules) }) { first, _ in first }
  }

  /// The rules of a topic.
  public subscript(_ topic: String) -> RuleSet { byTopic[topic] ?? others }

  private var sets: [RuleSet] { [others] + byTopic.values }

  /// How many rules there are, each counted once.
  public var count: Int { Set(sets.flatMap { $0.rules.map(\.name) }).count }

  /// The most bytes that one of the sets takes in the changelog.
  package func greatestStoredSize(instance: String) -> Int {
    sets.map { $0.greatestStoredSize(instance: instance) }.max() ?? 0
  }
}
