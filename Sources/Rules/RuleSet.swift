import Records

/// The rules in force, made ready once and shared by the engines of all partitions.
public struct RuleSet: Equatable, Sendable {
  /// The rules, in the order of the file.
  public let rules: [Rule]
  /// Which fields a `RecordReader` must read for an engine with these rules.
  public let plan: FieldPlan
  /// What keeps their state bounded. It is part of what rules mean: a replay under other bounds may come to other ends.
  public let bounds: Bounds

  /// What keeps the state of rules bounded.
  public struct Bounds: Equatable, Sendable {
    /// Samples that a window holds at most, 2 to 1,000,000; past it the oldest are dropped.
    public var maxSamples = 10_000

    /// How long nothing may come of a subject, by the log's time, before it is forgotten.
    public var forgetAfter = Duration.seconds(7 * 86_400)

    /// As a configuration that says nothing has it.
    public init() {}
  }

  /// Makes `rules` ready. They should have no `problems`; one that has some is watched as far as it makes sense.
  public init(_ rules: [Rule], bounds: Bounds = Bounds()) {
    self.rules = rules
    self.bounds = bounds
    plan = FieldPlan(
      fields: rules.map(\.metric), strings: rules.flatMap { $0.match.map(\.field) }.filter { $0 != "host" })
  }

  /// Two sets that say the same.
  public static func == (a: RuleSet, b: RuleSet) -> Bool { a.rules == b.rules && a.bounds == b.bounds }

  /// Everything that is wrong about `rules`, each with the index of its rule; empty: they can be used.
  public static func problems(of rules: [Rule]) -> [(rule: Int, problem: RuleProblem)] {
    var first: [String: Int] = [:]
    var problems: [(rule: Int, problem: RuleProblem)] = []
    for (index, rule) in rules.enumerated() {
      problems += rule.problems().map { (index, $0) }
      if let earlier = first[rule.name], !rule.name.isEmpty {
        let message = "rule \(earlier + 1) has this name already: alerts are keyed by it, so it must be unique"
        problems.append((index, RuleProblem(path: ["name"], message: message)))
      } else {
        first[rule.name] = index
      }
    }
    return problems
  }
}
