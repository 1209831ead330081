import Records

// Step 8: what silence means. It is the only thing that hangs on a clock on the wall, and the clock is told: `now`.

/// What became of a series that was silent; the first record with a value decides anew, and says so if silence said
/// something.
enum Silence: UInt8 {
  /// It isn't, or its rule doesn't mind.
  case none
  /// Nothing fired that could be resolved.
  case unsaid
  /// What fired was resolved; with which severity.
  case resolvedWarning, resolvedCritical
  /// It fires because of it.
  case fired

  /// The severity that was resolved; 0: none was.
  var resolved: UInt8 { self == .resolvedWarning ? 1 : self == .resolvedCritical ? 2 : 0 }
}

extension PartitionState {
  /// A record of the subject with the metrics of these tracks was read, whether it counts or not.
  @inline(__always)
  mutating func noteSign(_ track: Int, _ subject: Subject) {
    // Also for tracks that nobody watches yet: new rules may.
    subject.signs(trackCount)[track] = now
    if tracks[track].watchesSilence, !subject.header.pointee.isAwaited { watch(subject) }
  }

  /// The record in hand, which isn't the last one again, is a sign of life for the tracks that have a value in it.
  @inline(never)
  mutating func noteSigns(_ subject: Subject) {
    for track in 0..<trackCount where !values[track].isNaN { noteSign(track, subject) }
  }

  /// From now on the subject is looked at when it could have been silent for too long.
  mutating func watch(_ subject: Subject) {
    guard let number = subjects.number(of: subject) else { return }
    subject.header.pointee.isAwaited = true
    // The shortest that a default can be; whoever comes up is looked at closely.
    let shortest = (0..<layout.seriesCount).compactMap { index in
      layout.series[index].watchesSilence ? layout.series[index].noDataAfter : nil
    }
    let soonest = shortest.map { $0 < 0 ? Step.shortestHole : $0 }.min() ?? Step.shortestHole
    silences.bring(number, forwardTo: now &+ soonest)
  }

  /// See `Engine.declareSilence`.
  mutating func declareSilence(since: Int64, limit: Int, into transitions: inout [Transition]) -> Bool {
    var looked = 0
    while let number = silences.due(at: now) {
      if looked == limit { return false }
      looked += 1
      let subject = subjects[number]
      var next = Int64.max
      var isChanged = false
      var hasGone = false
      for track in 0..<trackCount where tracks[track].watchesSilence && subject.tracks[track].isBorn {
        let sign = max(since, subject.signs(trackCount)[track])
        for index in tracks[track].series where layout.series[index].watchesSilence {
          if subject.series[index].silence != .none { continue }
          let allowed = allowedSilence(of: index, subject)
          if now &- sign >= allowed, hasMoved(subject) {
            hasGone = true
          } else if now &- sign >= allowed {
            declareSilence(of: index, subject, after: allowed, &transitions)
            isChanged = true
          } else {
            // What follows the producer may become shorter meanwhile.
            let isFixed = layout.series[index].noDataAfter >= 0
            next = min(next, isFixed ? sign &+ allowed : min(sign &+ allowed, now &+ Step.shortestHole))
          }
        }
      }
      if hasGone {
        forgetMoved(subject, into: &transitions)
        continue
      }
      if isChanged { urgent.numbers.append(UInt32(truncatingIfNeeded: number)) }
      if next == .max {
        silences.remove(number)
        subject.header.pointee.isAwaited = false
      } else {
        silences.set(number, at: next)
      }
    }
    return true
  }

  /// `no_data_after` of a series, as things stand.
  private mutating func allowedSilence(of index: Int, _ subject: Subject) -> Int64 {
    let written = layout.series[index].noDataAfter
    if written >= 0 { return written }
    return max(Step.shortestHole, 3 * (timeline(of: index, subject).medianGap ?? 0))
  }

  private mutating func declareSilence(
    of index: Int, _ subject: Subject, after allowed: Int64, _ transitions: inout [Transition]
  ) {
    let plan = layout.series[index]
    let state = subject.series + index
    let timeline = timeline(of: index, subject)
    let from = state.pointee.alert
    if state.pointee.isPending { counters.pending -= 1 }
    forgetLevels(of: index, state)
    let time = timeline.time &+ allowed
    var change: AlertChange?
    if plan.noData == .alert {
      change = AlertChange(from: from, to: plan.highest, since: timeline.time)
      state.pointee.silence = .fired
    } else {
      if from > 0 { change = AlertChange(from: from, to: 0, since: timeline.time) }
      state.pointee.silence = from == 0 ? .unsaid : from == 2 ? .resolvedCritical : .resolvedWarning
    }
    subject.tracks[layout.trackOfSeries[index]].isActive = true
    guard let change else { return }
    state.pointee.alert = change.to
    note(change, at: time, state)
    transitions.append(
      transition(
        of: plan.rule, subject: subject.text, change, value: lastValue(of: index, subject), at: time,
        offset: timeline.offset, reason: .noData))
    counters.transitions += 1
  }

  /// Level, timers, window and the last N of a series are forgotten.
  private mutating func forgetLevels(of index: Int, _ state: UnsafeMutablePointer<SeriesState>) {
    state.pointee.level = 0
    state.pointee.forgetTimers()
    if state.pointee.detail == 0 { return }
    let detail = details[state.pointee.detail]
    votes.put(detail.pointee.votes)
    detail.pointee.votes = 0
    if detail.pointee.window != 0 { windows.empty(detail.pointee.window) }
    if state.pointee.alert == 0 { dropIdleDetail(of: state) }
  }

  /// Under new rules everybody is looked at again. What wasn't watched until now is heard of from now on.
  mutating func watchAgain() {
    silences.removeAll()
    guard layout.watchesSilence else { return }
    for number in 0..<subjects.used where subjects[number].isInhabited {
      let subject = subjects[number]
      let isWatched = (0..<trackCount).contains { tracks[$0].watchesSilence && subject.tracks[$0].isBorn }
      subject.header.pointee.isAwaited = isWatched
      if isWatched { silences.set(number, at: now) }
    }
  }
}
