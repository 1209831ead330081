extension Rule {
  /// Everything that is wrong about this rule by itself; empty: it can be used.
  public func problems() -> [RuleProblem] { [] }
}
