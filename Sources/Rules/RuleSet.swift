import Records

/// The rules in force, made ready once and shared by the engines of all partitions.
public struct RuleSet: Sendable {
  /// The rules, in the order of the file.
  public let rules: [Rule]
  /// Which fields a `RecordReader` must read for an engine with these rules.
  public let plan: FieldPlan

  /// Makes `rules` ready. They should have no `problems`; one that has some is watched as far as it makes sense.
  public init(_ rules: [Rule]) {
    self.rules = rules
    plan = FieldPlan(
      fields: rules.map(\.metric), strings: rules.flatMap { $0.match.map(\.field) }.filter { $0 != "host" })
  }

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
