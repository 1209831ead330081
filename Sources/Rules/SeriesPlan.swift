/// One rule, prepared for the hot path. For `below` all values are negated, so that trouble is always above.
struct SeriesPlan: BitwiseCopyable {
  /// 1, or -1 for `below`.
  let sign: Double
  /// The values beyond which a level is raised; NaN if the rule doesn't have the level.
  let warning, critical: Double
  /// The values beyond which a raised level is kept.
  let warningClear, criticalClear: Double
  /// `for` and `keep_firing_for`, in milliseconds.
  let hold, keepFiringFor: Int64
  /// `no_data_after`, in milliseconds; -1 if it follows the producer.
  let noDataAfter: Int64
  /// What to do if the series is silent.
  let noData: Rule.NoData
  /// `repeat_every`, in milliseconds; 0 for never.
  let repeatEvery: Int64
  /// `at_least`: M of N; N is 0 if the rule has none.
  let votesNeeded, votesKept: Int
  /// `window` and `aggregate`.
  let window: WindowPlan
  /// The index of the rule in the rule set.
  let rule: Int

  init(_ rule: Rule, at index: Int) {
    let sign: Double = rule.side == .above ? 1 : -1
    self.sign = sign
    warning = rule.limits.warning.map { $0 * sign } ?? .nan
    critical = rule.limits.critical.map { $0 * sign } ?? .nan
    warningClear = rule.clear.warning.map { $0 * sign } ?? warning
    criticalClear = rule.clear.critical.map { $0 * sign } ?? critical
    hold = rule.hold.wholeMilliseconds
    keepFiringFor = rule.keepFiringFor.wholeMilliseconds
    noDataAfter = rule.noDataAfter?.wholeMilliseconds ?? -1
    noData = rule.noData
    repeatEvery = rule.repeatEvery?.wholeMilliseconds ?? 0
    votesNeeded = rule.atLeast?.count ?? 0
    votesKept = min(rule.atLeast?.of ?? 0, Votes.limit)
    window = WindowPlan(rule)
    self.rule = index
  }

  /// Whether the rule uses `no_data`.
  var watchesSilence: Bool { noData != .keep }

  /// Whether the gap before a record is longer than `no_data_after`.
  @inline(__always)
  func isHole(_ step: Step) -> Bool { step.gap > (noDataAfter < 0 ? step.plausibleGap : noDataAfter) }

  /// The highest level that the rule has.
  var highest: Level { has(.critical) ? .critical : .warning }

  /// Whether the rule has a limit for `level`.
  @inline(__always)
  func has(_ level: Level) -> Bool { level == .critical ? !critical.isNaN : !warning.isNaN }

  /// The level at `x`, after the level `before`. An equal value never breaches; NaN is beyond nothing.
  func level(of x: Double, before: Level) -> Level {
    let x = x * sign
    if x > (before >= .critical ? criticalClear : critical) { return .critical }
    if x > (before >= .warning ? warningClear : warning) { return .warning }
    return .none
  }

  /// Applies the level that is held at event time `t` to `state`. If `anew`, the timers restart at this record.
  func apply(_ level: Level, at t: Int64, anew: Bool, to state: inout SeriesState) -> AlertChange? {
    let before = state.level
    if has(.warning), anew || (before >= .warning) != (level >= .warning) || state.sinceWarning == SeriesState.unset {
      state.sinceWarning = t
    }
    if has(.critical), anew || (before >= .critical) != (level >= .critical) || state.sinceCritical == SeriesState.unset
    {
      state.sinceCritical = t
    }
    state.level = level
    let from = state.alert
    if level > from {
      guard let to = risen(from: from, in: state, at: t) else { return nil }
      state.alert = to
      return AlertChange(from: from, to: to, since: state.since(to))
    }
    if level < from, t &- state.since(from) >= keepFiringFor {
      state.alert = fallen(from: from, in: state, at: t)
      return AlertChange(from: from, to: state.alert, since: state.since(from))
    }
    return nil
  }

  /// Applies the level of the first value after a silence, at event time `t`. It decides at once. Returns a change if
  /// the silence or the decision is to be emitted.
  func decideAnew(_ level: Level, at t: Int64, to state: inout SeriesState) -> AlertChange? {
    if has(.warning) { state.sinceWarning = t }
    if has(.critical) { state.sinceCritical = t }
    var change = AlertChange(from: state.alert, to: level, since: t)
    if change.severity == .none { change.severity = state.silence.resolved }
    (state.level, state.alert, state.silence) = (level, level, .none)
    return change.severity == .none ? nil : change
  }

  /// The number of the reminder that is due at event time `t`, since the one that was due at `last`; nil if none is.
  func reminder(at t: Int64, after last: Int64, changed: Int64) -> Int64? {
    if repeatEvery == 0 { return nil }
    let number = (t &- changed) / repeatEvery
    return number > max(0, last &- changed) / repeatEvery ? number : nil
  }

  /// The highest level above `alert` that has been held for `for`.
  private func risen(from alert: Level, in state: SeriesState, at t: Int64) -> Level? {
    if state.level == .critical, alert < .critical, has(.critical), t &- state.sinceCritical >= hold {
      return .critical
    }
    if state.level >= .warning, alert < .warning, has(.warning), t &- state.sinceWarning >= hold { return .warning }
    return nil
  }

  /// The highest level below `alert` that is held, or that has not yet been unheld for `keep_firing_for`; else none.
  private func fallen(from alert: Level, in state: SeriesState, at t: Int64) -> Level {
    // Warning is the only level below another.
    guard alert == .critical, has(.warning) else { return .none }
    let isKept = state.level >= .warning || t &- state.since(.warning) < keepFiringFor
    return isKept ? .warning : .none
  }
}
