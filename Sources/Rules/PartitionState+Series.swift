import Platform
import Records

extension PartitionState {
  /// Steps 4 to 6 for the series of a track of which one is active, or whose value is beyond a limit.
  mutating func evaluate(
    _ value: Double, _ track: Int, of subject: Subject, _ step: Step, _ time: Int64, _ offset: Int64, _ start: Int,
    _ transitions: inout [Transition]
  ) {
    let plan = tracks[track]
    let states = subject.series
    var isActive = false
    for index in plan.firstSeries..<(plan.firstSeries + plan.seriesCount) {
      let series = layout.series[index]
      let allowed = series.noDataAfter < 0 ? step.plausibleGap : series.noDataAfter
      let isHole = step.gap > allowed
      let anew = isHole || step.isSetBack
      if isHole, !states[index].isQuiet { noteHole(states + index, series, step, subject) }
      // Step 3 is here the value itself.
      let wasPending = states[index].isPending
      let change = series.apply(value, at: time, anew: anew, to: &states[index])
      if step.isSetBack { states[index].changed = time }
      if let change {
        states[index].changed = time
        if change.from == 0 { counters.firing += 1 } else if change.to == 0 { counters.firing -= 1 }
        emit(change, value, series.rule, of: subject, time, offset, start, &transitions)
      }
      counters.pending += (states[index].isPending ? 1 : 0) - (wasPending ? 1 : 0)
      if states[index].isQuiet { states[index].forgetTimers() } else { isActive = true }
    }
    subject.tracks[track].isActive = isActive
  }

  /// The transition of a rule, put among those of the same record in the order of the rules.
  private mutating func emit(
    _ change: AlertChange, _ value: Double, _ rule: Int, of subject: Subject, _ time: Int64, _ offset: Int64,
    _ start: Int, _ transitions: inout [Transition]
  ) {
    if transitions.count == start { madeBy.removeAll(keepingCapacity: true) }
    var place = madeBy.count
    while place > 0, madeBy[place - 1] > rule { place -= 1 }
    madeBy.insert(rule, at: place)
    let transition = transition(
      of: rule, subject: subject.text, change, value: value, at: time, offset: offset, reason: nil)
    transitions.insert(transition, at: start + place)
    counters.transitions += 1
  }

  /// A transition with all its fields.
  func transition(
    of index: Int, subject: String, _ change: AlertChange, value: Double, at time: Int64, offset: Int64,
    reason: Transition.Reason?
  ) -> Transition {
    let rule = layout.rules.rules[index]
    let severity: Severity = (change.to == 0 ? change.from : change.to) == 2 ? .critical : .warning
    var transition = Transition(
      timestamp: WallTime(milliseconds: time), status: change.to == 0 ? .resolved : .firing, severity: severity,
      rule: rule.name, subject: subject, metric: rule.metric, value: value, threshold: rule.limits[severity] ?? 0,
      since: WallTime(milliseconds: change.since), previous: change.from == 0 ? .inactive : .firing, reason: reason,
      labels: rule.labels, source: SourcePosition(topic: topic, partition: partition, offset: offset))
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
