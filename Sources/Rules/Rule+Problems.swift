import Platform
import Records

extension Rule {
  /// Everything that is wrong with this rule by itself; empty if it can be used.
  public func problems() -> [RuleProblem] {
    RuleKey.all.flatMap { durationProblems(of: $0) + $0.check(self) }
  }

  func nameProblems() -> [RuleProblem] {
    let fits = (1...100).contains(name.utf8.count) && name.hasOnlyNameBytes
    if fits { return [] }
    return [
      RuleProblem(
        path: ["name"],
        message: name.isEmpty
          ? "a rule needs a name: alerts are keyed by it"
          : "\(quoted(name)) is no name for a rule: use 1 to 100 letters, digits, dots, underscores and hyphens")
    ]
  }

  func metricProblems() -> [RuleProblem] {
    metric.isEmpty
      ? [RuleProblem(path: ["metric"], message: "a rule needs a metric: the field of the record that it watches")] : []
  }

  /// What is wrong with the limits, if they are on this side.
  func limitProblems(on side: Side) -> [RuleProblem] {
    guard side == self.side else { return [] }
    let key = side.rawValue
    guard limits.warning != nil || limits.critical != nil else {
      return [
        RuleProblem(
          path: [key], message: "a rule needs a limit: one number (critical), or { warning = …, critical = … }")
      ]
    }
    let infinite = infinities(of: limits, key: key)
    if !infinite.isEmpty { return infinite }
    guard let warning = limits.warning, let critical = limits.critical else { return [] }
    if warning == critical {
      return [RuleProblem(path: [key], message: "warning and critical have the same limit: leave one of them out")]
    }
    if (side == .above) != (warning < critical) {
      return [
        RuleProblem(
          path: [key],
          message: "warning (\(warning.textOfLimit)) is reached after critical (\(critical.textOfLimit)) on the way "
            + "\(side == .above ? "up" : "down"): swap them")
      ]
    }
    return []
  }

  func clearProblems() -> [RuleProblem] {
    let infinite = infinities(of: clear, key: "clear")
    if !infinite.isEmpty { return infinite }
    return Severity.allCases.compactMap { severity in
      guard let clear = clear[severity] else { return nil }
      let path = ["clear", severity.text]
      guard let limit = limits[severity] else {
        return RuleProblem(
          path: path,
          message: "the rule has no \(severity.text) limit to clear"
            + (severity == .critical ? " (one number is the critical limit)" : ""))
      }
      if side == .above ? clear > limit : clear < limit {
        return RuleProblem(
          path: path,
          message: "\(clear.textOfLimit) is on the wrong side of the \(severity.text) limit \(limit.textOfLimit): "
            + "an alert raised \(side.rawValue) the limit clears \(side == .above ? "at or below" : "at or above") it")
      }
      return nil
    }
  }

  private func infinities(of limits: Limits, key: String) -> [RuleProblem] {
    Severity.allCases.compactMap { severity in
      guard let limit = limits[severity], !limit.isFinite else { return nil }
      return RuleProblem(path: [key, severity.text], message: "\(limit) is no limit: write a finite number")
    }
  }

  /// What is wrong with a duration.
  private func durationProblems(of key: RuleKey) -> [RuleProblem] {
    switch key.value {
    case .duration(let path) where self[keyPath: path] < .zero:
      [RuleProblem(path: [key.name], message: "\(self[keyPath: path].text) is negative: write 0s or longer")]
    case .optionalDuration(let path):
      if let duration = self[keyPath: path], duration < .milliseconds(1) {
        [RuleProblem(path: [key.name], message: "\(duration.text) is too short: write 1ms or longer")]
      } else {
        []
      }
    default: []
    }
  }

  func atLeastProblems() -> [RuleProblem] {
    guard let atLeast else { return [] }
    var problems: [RuleProblem] = []
    if atLeast.count < 1 {
      problems.append(RuleProblem(path: ["at_least"], message: "\(atLeast.count) of \(atLeast.of) is always met"))
    }
    if atLeast.count > atLeast.of {
      problems.append(
        RuleProblem(
          path: ["at_least"],
          message: "\(atLeast.count) of \(atLeast.of) can never be met: write the smaller number first"))
    }
    if atLeast.of > Votes.limit {
      problems.append(
        RuleProblem(
          path: ["at_least"],
          message:
            "\(atLeast.of) samples are too many: the maximum is \(Votes.limit); use a window for a longer time"))
    }
    if hold != .zero {
      problems.append(RuleProblem(path: ["at_least"], message: "at_least replaces for: leave one of them out"))
    }
    return problems
  }

  func matchProblems() -> [RuleProblem] {
    match.compactMap { match in
      match.field.isEmpty
        ? RuleProblem(path: ["match"], message: "a match needs the name of a field of the record") : nil
    }
  }

  func summaryProblems() -> [RuleProblem] {
    guard let summary else { return [] }
    do {
      _ = try Template(summary, labels: labels)
      return []
    } catch {
      return [RuleProblem(path: ["summary"], message: Rule.message(for: error))]
    }
  }

  private static func message(for mistake: Template.Mistake) -> String {
    switch mistake {
    case .unknown(let name):
      let places = Template.names.map(\.name).joined(separator: ", ")
      return "{{\(printable(name))}} is unknown: use \(places), or labels.NAME for a label of the rule"
    case .open:
      return "a {{ has no }}: close it after the name"
    }
  }

  func windowProblems() -> [RuleProblem] {
    guard window != nil, aggregate == .last else { return [] }
    return [
      RuleProblem(
        path: ["window"],
        message:
          "a window needs an aggregate of several values: avg, min, max, …; the last value (aggregate = \"last\", the default) is the same without a window, so leave window out for it"
      )
    ]
  }

  func aggregateProblems() -> [RuleProblem] {
    if case .percentile(let rank) = aggregate, !(1...99).contains(rank) {
      return [RuleProblem(path: ["aggregate"], message: "p\(rank) is no percentile: use p1 to p99")]
    }
    guard window == nil, aggregate != .last else { return [] }
    return [RuleProblem(path: ["aggregate"], message: "an aggregate needs a window: the time to aggregate over")]
  }

  private func quoted(_ text: String) -> String { "\"\(Rule.printable(text))\"" }

  /// `text` as a message can show it: without control characters, and of limited length.
  private static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(text.unicodeScalars.prefix(100).map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
  }
}

extension Rule {
  /// Advice of `check` on a valid rule if the subjects' samples come every `interval`, too slowly for the rule; nil if
  /// there is none.
  public func advice(samplesEvery interval: Duration) -> RuleProblem? {
    if let noDataAfter, interval > noDataAfter, keysThatHold != nil || noData != .keep {
      let harm = keysThatHold.map { "\($0) can never be met" } ?? "it takes each gap for silence"
      return RuleProblem(
        path: ["no_data_after"],
        message: "samples come every \(interval.text), no_data_after is \(noDataAfter.text): \(harm); "
          + "make no_data_after several times as long, or leave it out to follow the producer")
    }
    if let window, window <= interval, aggregate == .rate || aggregate == .delta {
      return RuleProblem(
        path: ["window"],
        message:
          "samples come every \(interval.text), the window is \(window.text): rate and delta need two samples in it; "
          + "make window several times as long")
    }
    return nil
  }

  /// The keys of the rule that need an unbroken series.
  var keysThatHold: String? {
    switch (hold > .zero, keepFiringFor > .zero) {
    case (true, true): "for and keep_firing_for"
    case (true, false): "for"
    case (false, true): "keep_firing_for"
    case (false, false): nil
    }
  }
}
