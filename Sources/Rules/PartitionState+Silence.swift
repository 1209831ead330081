import Records

// Step 8: silence. It alone depends on a wall clock, whose time is an argument: `now`.

/// The state of a series' silence. The first record with a value decides anew, and emits a transition if the silence
/// had one.
enum Silence: UInt8 {
  /// It isn't silent, or its rule doesn't use `no_data`.
  case none
  /// It was silent, but no alert fired that could be resolved.
  case unsaid
  /// A firing alert of this severity was resolved.
  case resolvedWarning, resolvedCritical
  /// An alert fires because of the silence.
  case fired

  /// The state after silence resolved an alert of this level.
  init(resolving alert: Level) {
    switch alert {
    case .none: self = .unsaid
    case .warning: self = .resolvedWarning
    case .critical: self = .resolvedCritical
    }
  }

  /// The level that was resolved.
  var resolved: Level { self == .resolvedWarning ? .warning : self == .resolvedCritical ? .critical : .none }
}

extension PartitionState {
  /// Called when a record of the subject with the metrics of these tracks was read, whether it counts or not.
  @inline(__always)
  mutating func noteSign(_ track: Int, _ subject: Subject) {
    // Also for tracks whose rules don't use `no_data` yet: a reload may change that.
    subject.signs(trackCount)[track] = now
    if tracks[track].watchesSilence, !subject.header.pointee.isAwaited { watch(subject) }
  }

  /// Counts the current record, which isn't the last one again, as a sign of life for the tracks that have a value in
  /// it.
  @inline(never)
  mutating func noteSigns(_ subject: Subject) {
    for track in 0..<trackCount where !hand.values[track].isNaN { noteSign(track, subject) }
  }

  /// Schedules a check of the subject for the time when it could have been silent for too long.
  mutating func watch(_ subject: Subject) {
    guard let number = subjects.number(of: subject) else { return }
    subject.header.pointee.isAwaited = true
    silence.watch(number, from: now)
  }

  /// See `Engine.declareSilence`.
  mutating func declareSilence(since: Int64, limit: Int, into transitions: inout [Transition]) -> Bool {
    var looked = 0
    while let number = silence.due(at: now) {
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
            // A default that follows the producer may become shorter meanwhile.
            let isFixed = layout.series[index].noDataAfter >= 0
            next = min(next, isFixed ? sign &+ allowed : min(sign &+ allowed, now &+ Step.shortestHole))
          }
        }
      }
      if hasGone {
        forgetMoved(subject, into: &transitions)
        continue
      }
      if isChanged { debt.writeSoon(number) }
      if next == .max {
        silence.remove(number)
        subject.header.pointee.isAwaited = false
      } else {
        silence.look(at: number, again: next)
      }
    }
    return true
  }

  /// The current `no_data_after` of a series.
  private func allowedSilence(of index: Int, _ subject: Subject) -> Int64 {
    let written = layout.series[index].noDataAfter
    if written >= 0 { return written }
    return max(Step.shortestHole, 3 * (timeline(of: index, subject).medianGap ?? 0))
  }

  private mutating func declareSilence(
    of index: Int, _ subject: Subject, after allowed: Int64, _ transitions: inout [Transition]
  ) {
    let plan = layout.series[index]
    let timeline = timeline(of: index, subject)
    let time = timeline.time &+ allowed
    let change = series.fallSilent(plan, subject.series + index, at: time, last: timeline.time)
    subject.tracks[layout.trackOfSeries[index]].isActive = true
    guard let change else { return }
    transitions.append(
      transition(
        of: plan.rule, subject: subject.text, change, value: lastValue(of: index, subject), at: time,
        offset: timeline.offset, reason: .noData))
    counted.transitions += 1
  }

  /// Schedules a check of all subjects under new rules. Series that weren't watched so far count as heard from now on.
  mutating func watchAgain() {
    silence = SilenceWatch(layout)
    guard silence.isNeeded else { return }
    for number in 0..<subjects.used where subjects[number].isInhabited {
      let subject = subjects[number]
      let isWatched = (0..<trackCount).contains { tracks[$0].watchesSilence && subject.tracks[$0].isBorn }
      subject.header.pointee.isAwaited = isWatched
      if isWatched { silence.look(at: number, again: now) }
    }
  }
}
