/// A mistake in one rule, which `check` reports.
public struct RuleProblem: Error, Equatable, Sendable {
  /// The place in the rule: the keys as the file writes them, such as `["clear", "warning"]`; empty for the rule as a
  /// whole. A key that isn't in the file (it may have one number for both levels, or leave a key out) stands for the
  /// nearest enclosing key that is.
  public var path: [String]
  /// What is wrong and what to do, in one line.
  public var message: String

  /// A problem at `path` of a rule.
  public init(path: [String], message: String) {
    self.path = path
    self.message = message
  }
}
