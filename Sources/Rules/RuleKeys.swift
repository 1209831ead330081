extension RuleKey {
  /// Every key of a rule, in the order in which they are explained and encoded.
  public static let all = subject + window + limits + rest

  /// Every key of a rule, in the order in which they are printed.
  public static let printed = subject + limits + window + rest

  private static let subject = [
    RuleKey(
      "name", .text(\.name, wanted: "write a text in quotes"), change: .beginsAnew { Array($0.name.utf8) },
      check: { $0.nameProblems() }),
    RuleKey(
      "metric", .text(\.metric, wanted: "write the name of a field in quotes"),
      change: .beginsAnew { Array($0.metric.utf8) }, check: { $0.metricProblems() }),
    RuleKey("stream", .stream, change: .beginsAnew(\.stream), since: 3),
  ]

  private static let window = [
    RuleKey("window", .optionalDuration(\.window), change: .beginsAnew(\.window), check: { $0.windowProblems() }),
    RuleKey("aggregate", .aggregate, change: .beginsAnew(\.aggregate), check: { $0.aggregateProblems() }),
  ]

  private static let limits = [
    RuleKey("above", .limits(on: .above), change: .beginsAnew(\.side), check: { $0.limitProblems(on: .above) }),
    RuleKey("below", .limits(on: .below), change: .beginsAnew(\.side), check: { $0.limitProblems(on: .below) }),
    RuleKey("clear", .optionalLimits(\.clear), check: { $0.clearProblems() }),
    RuleKey("for", .duration(\.hold)),
    RuleKey("keep_firing_for", .duration(\.keepFiringFor)),
  ]

  private static let rest = [
    RuleKey("at_least", .atLeast, change: .beginsAnew(\.atLeast), check: { $0.atLeastProblems() }),
    RuleKey("no_data", .noData),
    RuleKey("no_data_after", .optionalDuration(\.noDataAfter)),
    RuleKey("repeat_every", .optionalDuration(\.repeatEvery)),
    // A subject that the new globs no longer cover leaves the rule, a newly covered one begins; the others go on.
    RuleKey("match", .match, check: { $0.matchProblems() }),
    RuleKey("labels", .labels),
    RuleKey("summary", .optionalText(\.summary), check: { $0.summaryProblems() }),
  ]
}
