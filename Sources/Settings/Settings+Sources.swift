import Rules

extension Settings {
  /// A topic that an evaluator reads.
  public struct Source: Equatable, Sendable {
    /// Its name.
    public var topic: String
    /// The rules for its records.
    public var rules: RuleSet

    /// `rules` for the records of `topic`.
    public init(topic: String, rules: RuleSet) {
      self.topic = topic
      self.rules = rules
    }
  }

  /// What an evaluator reads: the status records and the readings, which have the same rules, and the topic of each
  /// stream whose records a rule watches.
  public var sources: [Source] {
    let rules = ruleSet
    return [topics.status, topics.readings].map { Source(topic: $0, rules: rules) }
      + watchedStreams.map { Source(topic: $0.topic, rules: ruleSet(ofStream: $0.name)) }
  }

  /// The rules for the status records and the readings.
  public var ruleSet: RuleSet { RuleSet(rules.filter { $0.stream == nil }, bounds: bounds) }

  /// The rules for the records of this stream.
  public func ruleSet(ofStream name: String) -> RuleSet {
    RuleSet(rules.filter { $0.stream?.stream == name }, bounds: bounds)
  }

  /// The rules for the records of a topic. Those of a topic that no stream watches are taken for status records.
  public func ruleSet(ofTopic topic: String) -> RuleSet {
    watchedStreams.first { $0.topic == topic }.map { ruleSet(ofStream: $0.name) } ?? ruleSet
  }

  private var bounds: RuleSet.Bounds {
    var bounds = RuleSet.Bounds()
    bounds.maxSamples = evaluator.maxSamples
    bounds.forgetAfter = evaluator.forgetAfter
    return bounds
  }

  /// The streams whose records a rule watches, in the order of the file.
  private var watchedStreams: [(name: String, topic: String)] {
    let names = Set(rules.compactMap { $0.stream?.stream })
    return streams.compactMap { stream in
      guard names.contains(stream.name), let topic = stream.onlyTopic else { return nil }
      return (stream.name, topic)
    }
  }
}
