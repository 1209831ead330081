/// Something that is wrong about one rule: what `check` complains of.
public struct RuleProblem: Error, Equatable, Sendable {
  /// Where in the rule: the keys as the file writes them, such as `["clear", "warning"]`; empty: the rule as a whole.
  /// A key that the file doesn't have (it wrote one number for both levels, or left a key out) stands for the nearest
  /// one above it that it has.
  public var path: [String]
  /// What is wrong and what to do, in one line.
  public var message: String

  /// A problem at `path` of a rule.
  public init(path: [String], message: String) {
    self.path = path
    self.message = message
  }
}
