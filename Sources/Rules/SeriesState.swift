/// The life of one series, but for its time: level, alert level, and since when.
struct SeriesState: BitwiseCopyable, Equatable {
  /// Where a timer stands that starts at the next record.
  static let unset = Int64.min

  /// Event time since when warning has been held without a break, or unheld; which of the two, the level says.
  var sinceWarning = SeriesState.unset
  /// The same for critical.
  var sinceCritical = SeriesState.unset
  /// Event time of the last transition; has a meaning while the alert fires.
  var changed = SeriesState.unset
  /// 0, or the severity that is held, with memory.
  var level: UInt8 = 0
  /// 0, or the severity that the world sees.
  var alert: UInt8 = 0
  /// The log was told that `for` can never be met.
  var saidNeverHeld = false

  /// Nothing is held, nothing fires, and no timer matters: the next value that lies inside the limits changes nothing.
  @inline(__always)
  var isQuiet: Bool { level | alert == 0 }

  /// Something is held, and nothing fires.
  var isPending: Bool { alert == 0 && level > 0 }

  /// What a quiet series needs no longer; so that all quiet series look the same.
  mutating func forgetTimers() {
    sinceWarning = SeriesState.unset
    sinceCritical = SeriesState.unset
    changed = SeriesState.unset
  }

  /// Since when the level of `severity` (1, 2) has been what it is.
  func since(_ severity: UInt8) -> Int64 { severity == 2 ? sinceCritical : sinceWarning }
}

/// What a record changed about an alert.
struct AlertChange: Equatable {
  /// The alert level until now.
  var from: UInt8
  /// The alert level from now on.
  var to: UInt8
  /// Since when the level risen to has been held, or the level fallen from unheld.
  var since: Int64
}

/// One rule as the hot path wants it. For `below` all values are mirrored at zero, so that trouble is always above.
struct SeriesPlan: BitwiseCopyable {
  /// 1, or -1 for `below`.
  let sign: Double
  /// Beyond which a level is raised; NaN where the rule hasn't the level.
  let warning, critical: Double
  /// Beyond which a raised level is kept.
  let warningClear, criticalClear: Double
  /// `for` and `keep_firing_for`, milliseconds.
  let hold, keepFiringFor: Int64
  /// `no_data_after`, milliseconds; -1: it follows the producer.
  let noDataAfter: Int64
  /// Which rule of the rule set.
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
    self.rule = index
  }

  /// Whether the rule has a limit for `severity` (1, 2).
  func has(_ severity: UInt8) -> Bool { severity == 2 ? !critical.isNaN : !warning.isNaN }

  /// The level that `x` holds, after one that held `before`. Equal never breaches; NaN is beyond nothing.
  func level(of x: Double, before: UInt8) -> UInt8 {
    let x = x * sign
    if x > (before >= 2 ? criticalClear : critical) { return 2 }
    if x > (before >= 1 ? warningClear : warning) { return 1 }
    return 0
  }

  /// Takes the value `x` at event time `t` into `state`. With `anew`, the timers start at this record.
  func apply(_ x: Double, at t: Int64, anew: Bool, to state: inout SeriesState) -> AlertChange? {
    let before = state.level
    let level = level(of: x, before: before)
    if has(1), anew || (before >= 1) != (level >= 1) || state.sinceWarning == SeriesState.unset {
      state.sinceWarning = t
    }
    if has(2), anew || (before >= 2) != (level >= 2) || state.sinceCritical == SeriesState.unset {
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

  /// The highest level above `alert` that has been held for `for`.
  private func risen(from alert: UInt8, in state: SeriesState, at t: Int64) -> UInt8? {
    var candidate = state.level
    while candidate > alert {
      if has(candidate), t &- state.since(candidate) >= hold { return candidate }
      candidate -= 1
    }
    return nil
  }

  /// The highest level below `alert` that is held, or has not yet been unheld for `keep_firing_for`; or 0.
  private func fallen(from alert: UInt8, in state: SeriesState, at t: Int64) -> UInt8 {
    var candidate = alert - 1
    while candidate > 0 {
      if has(candidate), state.level >= candidate || t &- state.since(candidate) < keepFiringFor { return candidate }
      candidate -= 1
    }
    return 0
  }
}
