import Records

/// All that the series of a partition remember: their alerts, their last N samples, their windows.
///
/// A `SeriesState` stands with its subject, in plain bytes; what few of them need beside it stands here. Nobody else
/// changes the alert or the level of a series, so that how many fire and are pending is counted here alone.
struct SeriesStates: ~Copyable {
  /// How many alerts fire.
  private(set) var firing = 0
  /// How many alerts would fire if what is held now went on.
  private(set) var pending = 0
  /// Of the series that need more than their `SeriesState`.
  var details = Pool<SeriesDetail>()
  var votes = Pool<Votes>()
  var windows: WindowRoom

  init(_ layout: Layout) { windows = WindowRoom(maxSamples: layout.rules.bounds.maxSamples) }

  // MARK: Counting

  /// One more series is in this state (`by` is 1), or one less (-1).
  @inline(__always)
  mutating func count(_ state: SeriesState, by number: Int) {
    if state.isFiring { firing += number }
    if state.isPending { pending += number }
  }

  /// All states are counted anew from now on.
  mutating func beginCount() { (firing, pending) = (0, 0) }

  // MARK: Samples

  /// What a sample says of an alert.
  struct Verdict {
    var change: AlertChange
    /// What the rule looked at: the sample's value, or the window's.
    var value: Double
    /// The number of the reminder that it is; nil for a change.
    var reminder: Int64?
  }

  /// Steps 3 to 7: takes a sample that counts, at event time `time`. Returns nil if it says nothing of the alert.
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

  /// Remembers what a transition leaves behind.
  private mutating func note(_ change: AlertChange, at time: Int64, _ state: UnsafeMutablePointer<SeriesState>) {
    let detail = makeDetail(of: state)
    detail.pointee.changed = change.to == .none ? SeriesState.unset : time
    detail.pointee.changedSince = change.to == .none ? SeriesState.unset : change.since
    dropIdleDetail(of: state)
  }

  // MARK: Silence

  /// Step 8: the series was silent for too long, at event time `time`; its last record came at `last`. Returns nil if
  /// that says nothing of the alert.
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

  /// Level, timers, window and the last N of a series are forgotten.
  private mutating func forgetLevels(of state: UnsafeMutablePointer<SeriesState>) {
    state.pointee.level = .none
    state.pointee.forgetTimers()
    if state.pointee.detail == 0 { return }
    let detail = details[state.pointee.detail]
    if detail.pointee.window != 0 { windows.empty(detail.pointee.window) }
    if detail.pointee.votes != 0 { dropVotes(of: state) } else { dropIdleDetail(of: state) }
  }

  // MARK: Details

  /// Event time of the transition by which a series fires.
  func changed(_ state: SeriesState) -> Int64 { details[state.detail].pointee.changed }

  /// The window of a series; 0 if it has none yet.
  func window(of state: SeriesState) -> UInt32 { state.detail == 0 ? 0 : details[state.detail].pointee.window }

  /// What a series has beside its state; made if there is nothing yet.
  mutating func makeDetail(of state: UnsafeMutablePointer<SeriesState>) -> UnsafeMutablePointer<SeriesDetail> {
    if state.pointee.detail == 0 { state.pointee.detail = details.take(SeriesDetail()) }
    return details[state.pointee.detail]
  }

  /// None of the last N held a level.
  mutating func dropVotes(of state: UnsafeMutablePointer<SeriesState>) {
    let detail = details[state.pointee.detail]
    votes.put(detail.pointee.votes)
    detail.pointee.votes = 0
    dropIdleDetail(of: state)
  }

  /// Gives back what says nothing about a series that doesn't fire.
  private mutating func dropIdleDetail(of state: UnsafeMutablePointer<SeriesState>) {
    if state.pointee.isFiring || details[state.pointee.detail].pointee.isNeeded { return }
    details.put(state.pointee.detail)
    state.pointee.detail = 0
  }

  /// Takes a life out of a checkpoint. Its window has been filled already.
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

  /// A series is gone. Its samples, which it shares, stay.
  mutating func remove(_ state: UnsafeMutablePointer<SeriesState>) {
    count(state.pointee, by: -1)
    releaseDetail(of: state)
  }

  /// Gives back what a series has beside its state, but not the samples that it shares.
  mutating func releaseDetail(of state: UnsafeMutablePointer<SeriesState>) {
    if state.pointee.detail == 0 { return }
    let detail = details[state.pointee.detail].pointee
    votes.put(detail.votes)
    if detail.window != 0 { windows.release(window: detail.window) }
    details.put(state.pointee.detail)
    state.pointee.detail = 0
  }
}
