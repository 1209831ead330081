import Records

/// The state of a partition's series: their alerts, their last N samples, their windows.
///
/// A `SeriesState` is part of its subject's block, as plain bytes; the rest, which few series need, is here. Only this
/// struct changes the alert or the level of a series, so it alone counts how many are firing and pending.
struct SeriesStates: ~Copyable {
  /// The number of firing alerts.
  private(set) var firing = 0
  /// The number of pending alerts.
  private(set) var pending = 0
  /// The details of series that need more than their `SeriesState`.
  var details = Pool<SeriesDetail>()
  var votes = Pool<Votes>()
  var windows: WindowRoom

  init(_ layout: Layout) { windows = WindowRoom(maxSamples: layout.rules.bounds.maxSamples) }

  // MARK: Counting

  /// Counts one more series in this state (`by` is 1), or one less (-1).
  @inline(__always)
  mutating func count(_ state: SeriesState, by number: Int) {
    if state.isFiring { firing += number }
    if state.isPending { pending += number }
  }

  /// Resets the counts, before all states are counted again.
  mutating func beginCount() { (firing, pending) = (0, 0) }

  // MARK: Samples

  /// The effect of a sample on an alert.
  struct Verdict {
    var change: AlertChange
    /// The value that the rule evaluated: the sample's, or the window's.
    var value: Double
    /// The number of the reminder; nil for a change.
    var reminder: Int64?
  }

  /// Steps 3 to 7: takes a sample that counts, at event time `time`. Returns nil if it has no effect on the alert.
  @inline(__always)
  mutating func judge(
    _ value: Double, at time: Int64, _ step: Step, _ plan: SeriesPlan, _ state: UnsafeMutablePointer<SeriesState>
  ) -> Verdict? {
    let anew = step.isSetBack || plan.isHole(step)
    if step.isSetBack, state.pointee.isFiring { details[state.pointee.detail].pointee.changed = time }
    var x = value
    var lastTime = time &- step.gap
    if plan.window.kind != .none {
      let number = window(of: state.pointee)
      x = windows.aggregate(number, plan.window)
      if x.isNaN {
        if anew { state.pointee.forgetTimers() }
        return nil
      }
      let window = windows.windows[number]
      lastTime = window.pointee.xTime
      window.pointee.x = x
      window.pointee.xTime = time
    }
    count(state.pointee, by: -1)
    let level = level(of: x, plan, state)
    let change =
      state.pointee.silence == .none
      ? plan.apply(level, at: time, anew: anew, to: &state.pointee)
      : plan.decideAnew(level, at: time, to: &state.pointee)
    count(state.pointee, by: 1)
    if let change {
      note(change, at: time, state)
      return Verdict(change: change, value: x)
    }
    guard state.pointee.isFiring, plan.repeatEvery > 0 else { return nil }
    let detail = details[state.pointee.detail].pointee
    guard let number = plan.reminder(at: time, after: lastTime, changed: detail.changed) else { return nil }
    let alert = state.pointee.alert
    let reminder = AlertChange(from: alert, to: alert, since: min(detail.changedSince, time))
    return Verdict(change: reminder, value: x, reminder: number)
  }

  /// Step 4: the level that is held at a sample with the value `x`.
  private mutating func level(
    of x: Double, _ plan: SeriesPlan, _ state: UnsafeMutablePointer<SeriesState>
  ) -> Level {
    if plan.votesKept == 0 { return plan.level(of: x, before: state.pointee.level) }
    var number = state.pointee.detail == 0 ? 0 : details[state.pointee.detail].pointee.votes
    let level = plan.level(of: x, before: number == 0 ? .none : votes[number].pointee.last)
    if number == 0 {
      if level == .none { return .none }
      number = votes.take(Votes())
      makeDetail(of: state).pointee.votes = number
    }
    votes[number].pointee.push(level, of: plan.votesKept)
    let held = votes[number].pointee.level(heldBy: plan.votesNeeded)
    if votes[number].pointee.isEmpty { dropVotes(of: state) }
    return held
  }

  /// Stores the effects of a transition.
  private mutating func note(_ change: AlertChange, at time: Int64, _ state: UnsafeMutablePointer<SeriesState>) {
    let detail = makeDetail(of: state)
    detail.pointee.changed = change.to == .none ? SeriesState.unset : time
    detail.pointee.changedSince = change.to == .none ? SeriesState.unset : change.since
    dropIdleDetail(of: state)
  }

  // MARK: Silence

  /// Step 8: called when the series has been silent for too long, at event time `time`; its last record came at `last`.
  /// Returns nil if that has no effect on the alert.
  mutating func fallSilent(
    _ plan: SeriesPlan, _ state: UnsafeMutablePointer<SeriesState>, at time: Int64, last: Int64
  ) -> AlertChange? {
    count(state.pointee, by: -1)
    defer { count(state.pointee, by: 1) }
    let from = state.pointee.alert
    forgetLevels(of: state)
    var change: AlertChange?
    if plan.noData == .alert {
      change = AlertChange(from: from, to: plan.highest, since: last)
      state.pointee.silence = .fired
    } else {
      if from != .none { change = AlertChange(from: from, to: .none, since: last) }
      state.pointee.silence = Silence(resolving: from)
    }
    guard let change else { return nil }
    state.pointee.alert = change.to
    note(change, at: time, state)
    return change
  }

  /// Discards level, timers, window and the last N of a series.
  private mutating func forgetLevels(of state: UnsafeMutablePointer<SeriesState>) {
    state.pointee.level = .none
    state.pointee.forgetTimers()
    if state.pointee.detail == 0 { return }
    let detail = details[state.pointee.detail]
    if detail.pointee.window != 0 { windows.empty(detail.pointee.window) }
    if detail.pointee.votes != 0 { dropVotes(of: state) } else { dropIdleDetail(of: state) }
  }

  // MARK: Details

  /// The event time of the transition by which a series fires.
  func changed(_ state: SeriesState) -> Int64 { details[state.detail].pointee.changed }

  /// The window of a series; 0 if it has none yet.
  func window(of state: SeriesState) -> UInt32 { state.detail == 0 ? 0 : details[state.detail].pointee.window }

  /// The details of a series beside its state, created if there are none.
  mutating func makeDetail(of state: UnsafeMutablePointer<SeriesState>) -> UnsafeMutablePointer<SeriesDetail> {
    if state.pointee.detail == 0 { state.pointee.detail = details.take(SeriesDetail()) }
    return details[state.pointee.detail]
  }

  /// Whether none of the last N held a level.
  mutating func dropVotes(of state: UnsafeMutablePointer<SeriesState>) {
    let detail = details[state.pointee.detail]
    votes.put(detail.pointee.votes)
    detail.pointee.votes = 0
    dropIdleDetail(of: state)
  }

  /// Frees the details of a series that doesn't fire.
  private mutating func dropIdleDetail(of state: UnsafeMutablePointer<SeriesState>) {
    if state.pointee.isFiring || details[state.pointee.detail].pointee.isNeeded { return }
    details.put(state.pointee.detail)
    state.pointee.detail = 0
  }

  /// Restores a life from a checkpoint. Its window must be filled already.
  mutating func restore(_ life: Checkpoint.Life, to state: UnsafeMutablePointer<SeriesState>) {
    let window = window(of: state.pointee)
    details.put(state.pointee.detail)
    state.pointee = life.state
    if life.state.isFiring || life.votes != nil || window != 0 {
      var detail = life.detail
      detail.window = window
      if let votes = life.votes { detail.votes = self.votes.take(votes) }
      state.pointee.detail = details.take(detail)
    }
    count(state.pointee, by: 1)
  }

  /// Called when a series is gone. Its samples stay, because it shares them.
  mutating func remove(_ state: UnsafeMutablePointer<SeriesState>) {
    count(state.pointee, by: -1)
    releaseDetail(of: state)
  }

  /// Frees a series' pool elements, but not the samples that it shares.
  mutating func releaseDetail(of state: UnsafeMutablePointer<SeriesState>) {
    if state.pointee.detail == 0 { return }
    let detail = details[state.pointee.detail].pointee
    votes.put(detail.votes)
    if detail.window != 0 { windows.release(window: detail.window) }
    details.put(state.pointee.detail)
    state.pointee.detail = 0
  }
}
