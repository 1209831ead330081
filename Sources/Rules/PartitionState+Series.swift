import Platform
import Records

extension PartitionState {
  /// Steps 3 to 7 for the series of a track of which one is active, or whose value is beyond a limit.
  mutating func evaluate(
    _ value: Double, _ track: Int, of subject: Subject, _ step: Step, _ time: Int64, _ offset: Int64, _ start: Int,
    _ transitions: inout [Transition]
  ) {
    let plan = tracks[track]
    if plan.isWindowed { enterWindows(value, plan, subject, step, time) }
    let states = subject.series
    var isActive = false
    for index in plan.series {
      judge(value, index, of: subject, step, time, offset, start, &transitions)
      if states[index].isCalm { states[index].forgetTimers() }
      isActive = isActive || !states[index].isQuiet
    }
    subject.tracks[track].isActive = isActive
  }

  /// Steps 3 to 7 for one series.
  private mutating func judge(
    _ value: Double, _ index: Int, of subject: Subject, _ step: Step, _ time: Int64, _ offset: Int64, _ start: Int,
    _ transitions: inout [Transition]
  ) {
    let series = layout.series[index]
    let state = subject.series + index
    let allowed = series.noDataAfter < 0 ? step.plausibleGap : series.noDataAfter
    let isHole = step.gap > allowed
    let anew = isHole || step.isSetBack
    if isHole, !state.pointee.isCalm { noteHole(state, series, step, subject) }
    if step.isSetBack, state.pointee.alert > 0 { details[state.pointee.detail].pointee.changed = time }
    var x = value
    var lastTime = time &- step.gap
    if series.window.kind != .none {
      let number = window(of: state.pointee)
      x = windows.aggregate(number, series.window)
      if x.isNaN {
        if anew { state.pointee.forgetTimers() }
        return
      }
      let window = windows.windows[number]
      lastTime = window.pointee.xTime
      window.pointee.x = x
      window.pointee.xTime = time
    }
    let wasPending = state.pointee.isPending
    let level = level(of: x, series, state)
    let change: AlertChange?
    if state.pointee.silence == .none {
      change = series.apply(level, at: time, anew: anew, to: &state.pointee)
    } else {
      change = series.decideAnew(level, at: time, to: &state.pointee)
      // It may fall silent again.
      if layout.watchesSilence { watch(subject) }
    }
    if let change {
      note(change, at: time, state)
      emit(change, x, series.rule, of: subject, time, offset, start, &transitions)
    } else if state.pointee.alert > 0, series.repeatEvery > 0 {
      let detail = details[state.pointee.detail].pointee
      if let number = series.reminder(at: time, after: lastTime, changed: detail.changed) {
        let alert = state.pointee.alert
        let change = AlertChange(from: alert, to: alert, since: min(detail.changedSince, time))
        emit(change, x, series.rule, of: subject, time, offset, start, repeat: number, &transitions)
      }
    }
    counters.pending += (state.pointee.isPending ? 1 : 0) - (wasPending ? 1 : 0)
  }

  /// Step 4: the level that is held at a sample with the value `x`.
  private mutating func level(
    of x: Double, _ series: SeriesPlan, _ state: UnsafeMutablePointer<SeriesState>
  ) -> UInt8 {
    if series.votesKept == 0 { return series.level(of: x, before: state.pointee.level) }
    var number = state.pointee.detail == 0 ? 0 : details[state.pointee.detail].pointee.votes
    let level = series.level(of: x, before: number == 0 ? 0 : votes[number].pointee.last)
    if number == 0 {
      if level == 0 { return 0 }
      number = votes.take(Votes())
      if state.pointee.detail == 0 { state.pointee.detail = details.take(SeriesDetail()) }
      details[state.pointee.detail].pointee.votes = number
    }
    votes[number].pointee.push(level, of: series.votesKept)
    let held = votes[number].pointee.level(heldBy: series.votesNeeded)
    if votes[number].pointee.isEmpty {
      votes.put(number)
      details[state.pointee.detail].pointee.votes = 0
      if state.pointee.alert == 0 { dropIdleDetail(of: state) }
    }
    return held
  }

  /// Remembers what a transition leaves behind.
  mutating func note(_ change: AlertChange, at time: Int64, _ state: UnsafeMutablePointer<SeriesState>) {
    counters.firing += (change.to > 0 ? 1 : 0) - (change.from > 0 ? 1 : 0)
    if state.pointee.detail == 0 { state.pointee.detail = details.take(SeriesDetail()) }
    let detail = details[state.pointee.detail]
    detail.pointee.changed = change.to == 0 ? SeriesState.unset : time
    detail.pointee.changedSince = change.to == 0 ? SeriesState.unset : change.since
    if change.to == 0 { dropIdleDetail(of: state) }
  }

  /// Gives back what says nothing about a series that doesn't fire.
  mutating func dropIdleDetail(of state: UnsafeMutablePointer<SeriesState>) {
    if details[state.pointee.detail].pointee.isNeeded { return }
    details.put(state.pointee.detail)
    state.pointee.detail = 0
  }

  /// The transition of a rule, behind those that the same record made so far.
  private mutating func emit(
    _ change: AlertChange, _ value: Double, _ rule: Int, of subject: Subject, _ time: Int64, _ offset: Int64,
    _ start: Int, repeat: Int64? = nil, _ transitions: inout [Transition]
  ) {
    if transitions.count == start { madeBy.removeAll(keepingCapacity: true) }
    if let last = madeBy.last, last > rule { isMadeInOrder = false }
    madeBy.append(rule)
    transitions.append(
      transition(
        of: rule, subject: subject.text, change, value: value, at: time, offset: offset, reason: nil, repeat: `repeat`))
    counters.transitions += 1
  }

  /// Puts the transitions that the record in hand made, from `start` on, in the order of the rules.
  @inline(never)
  mutating func putInOrder(_ transitions: inout [Transition], from start: Int) {
    isMadeInOrder = true
    let order = madeBy.indices.sorted { madeBy[$0] < madeBy[$1] }
    let made = order.map { transitions[start + $0] }
    transitions.replaceSubrange(start..., with: made)
  }

  /// A transition with all its fields.
  mutating func transition(
    of index: Int, subject: String, _ change: AlertChange, value: Double, at time: Int64, offset: Int64,
    reason: Transition.Reason?, repeat: Int64? = nil
  ) -> Transition {
    let rule = layout.rules.rules[index]
    let severity: Severity = change.severity == 2 ? .critical : .warning
    var transition = Transition(
      timestamp: WallTime(milliseconds: time), status: change.to == 0 ? .resolved : .firing, severity: severity,
      rule: rule.name, subject: subject, metric: rule.metric, value: value, threshold: rule.limits[severity] ?? 0,
      since: WallTime(milliseconds: change.since), previous: change.from == 0 ? .inactive : .firing, reason: reason,
      repeat: `repeat`, labels: rule.labels,
      source: SourcePosition(topic: topic, partition: partition, offset: offset))
    transition.summary = layout.summaries[index]?.text(for: transition)
    return transition
  }

  /// Says, once for a series, that the producer's pace alone breaks what the rule wants to hold.
  private mutating func noteHole(
    _ state: UnsafeMutablePointer<SeriesState>, _ series: SeriesPlan, _ step: Step, _ subject: Subject
  ) {
    guard !state.pointee.saidNeverHeld, series.noDataAfter >= 0, series.hold > 0 || series.keepFiringFor > 0 else {
      return
    }
    guard let usual = step.usualGap, usual > series.noDataAfter else { return }
    state.pointee.saidNeverHeld = true
    let rule = layout.rules.rules[series.rule].name
    say(.neverHeld(rule: rule, subject: subject.text, every: usual, noDataAfter: series.noDataAfter))
  }

  /// Keeps a happening until somebody takes it, while there is room.
  mutating func say(_ happening: Happening) {
    if happenings.count < PartitionState.happeningLimit {
      happenings.append(happening)
    } else {
      counters.happeningsDropped += 1
    }
  }
}
