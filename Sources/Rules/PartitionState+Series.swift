import Platform
import Records

extension PartitionState {
  /// Steps 3 to 7 for the series of a track if one of them is active, or if the value is beyond a limit.
  mutating func evaluate(
    _ value: Double, _ track: Int, of subject: Subject, _ step: Step, into transitions: inout [Transition]
  ) {
    let plan = tracks[track]
    if plan.isWindowed { enterWindows(value, plan, subject, step) }
    let states = subject.series
    var isActive = false
    for index in plan.series {
      judge(value, index, of: subject, step, into: &transitions)
      if states[index].isCalm { states[index].forgetTimers() }
      isActive = isActive || !states[index].isQuiet
    }
    subject.tracks[track].isActive = isActive
  }

  /// Steps 3 to 7 for one series.
  private mutating func judge(
    _ value: Double, _ index: Int, of subject: Subject, _ step: Step, into transitions: inout [Transition]
  ) {
    let plan = layout.series[index]
    let state = subject.series + index
    if !state.pointee.isCalm, plan.isHole(step) { noteHole(state, plan, step, subject) }
    let wasSilent = state.pointee.silence != .none
    if let verdict = series.judge(value, at: hand.time, step, plan, state) {
      let transition = transition(
        of: plan.rule, subject: subject.text, verdict.change, value: verdict.value, at: hand.time, offset: hand.offset,
        reason: nil, repeat: verdict.reminder)
      hand.append(transition, of: plan.rule, to: &transitions)
      counted.transitions += 1
    }
    // It can become silent again.
    if wasSilent, state.pointee.silence == .none, silence.isNeeded { watch(subject) }
  }

  private mutating func enterWindows(_ value: Double, _ plan: TrackPlan, _ subject: Subject, _ step: Step) {
    var dropped = 0
    var full: [Int] = []
    series.enterWindows(value, at: hand.time, step, plan, layout, subject) { index, count, isNew in
      dropped += count
      if isNew { full.append(layout.series[index].rule) }
    }
    counted.samplesDropped += dropped
    for rule in full {
      let name = layout.rules.rules[rule].name
      remarks.say(.windowFull(rule: name, subject: subject.text, kept: series.windows.maxSamples))
    }
  }

  /// The last value that a series evaluated, or that of its last record if a window has given none yet.
  func lastValue(of index: Int, _ subject: Subject) -> Double {
    series.lastValue(of: subject.series[index]) ?? subject.tracks[layout.trackOfSeries[index]].value
  }

  /// The timeline of a series.
  func timeline(of index: Int, _ subject: Subject) -> Timeline {
    timelines.timeline(of: subject.tracks[layout.trackOfSeries[index]], subject)
  }

  /// A transition with all its fields.
  func transition(
    of index: Int, subject: String, _ change: AlertChange, value: Double, at time: Int64, offset: Int64,
    reason: Transition.Reason?, repeat: Int64? = nil
  ) -> Transition {
    let rule = layout.rules.rules[index]
    let severity = change.severity.severity ?? .warning
    var transition = Transition(
      timestamp: WallTime(milliseconds: time), status: change.to == .none ? .resolved : .firing, severity: severity,
      rule: rule.name, subject: subject, metric: rule.metric, value: value, threshold: rule.limits[severity] ?? 0,
      since: WallTime(milliseconds: change.since), previous: change.from == .none ? .inactive : .firing, reason: reason,
      repeat: `repeat`, labels: rule.labels,
      source: SourcePosition(topic: topic, partition: partition, offset: offset))
    transition.summary = layout.summaries[index]?.text(for: transition)
    return transition
  }

  /// Reports, once for a series, that the producer's pace alone breaks the rule's timers.
  private mutating func noteHole(
    _ state: UnsafeMutablePointer<SeriesState>, _ plan: SeriesPlan, _ step: Step, _ subject: Subject
  ) {
    guard !state.pointee.saidNeverHeld, plan.noDataAfter >= 0, plan.hold > 0 || plan.keepFiringFor > 0 else { return }
    guard let usual = step.usualGap, usual > plan.noDataAfter else { return }
    state.pointee.saidNeverHeld = true
    let rule = layout.rules.rules[plan.rule].name
    remarks.say(.neverHeld(rule: rule, subject: subject.text, every: usual, noDataAfter: plan.noDataAfter))
  }

  /// The alerts that are firing or pending.
  func alerts() -> [Alert] {
    var alerts: [Alert] = []
    for number in 0..<subjects.used where subjects[number].isInhabited {
      let subject = subjects[number]
      for index in 0..<layout.seriesCount {
        let state = subject.series[index]
        guard let severity = (state.isPending ? state.level : state.alert).severity else { continue }
        var since = state.isPending ? state.since(state.level) : series.changed(state)
        // A timer that a hole cleared, and that no value has restarted.
        if since == SeriesState.unset { since = timeline(of: index, subject).time }
        alerts.append(
          Alert(
            rule: layout.rules.rules[layout.series[index].rule].name, subject: subject.text,
            state: state.isPending ? .pending : .firing, severity: severity,
            value: lastValue(of: index, subject), since: WallTime(milliseconds: since)))
      }
    }
    return alerts
  }
}
