import Records

extension PartitionState {
  /// Step 9: goes on with other rules.
  mutating func replaceRules(_ rules: RuleSet, into transitions: inout [Transition]) {
    let succession = Succession(from: layout, to: rules)
    // Out of this struct while it changes, because moving a subject changes the rest of it.
    var table = SubjectTable(blockSize: 64, seriesCount: 0)
    swap(&table, &subjects)
    for number in 0..<table.used where table[number].isInhabited {
      endLives(of: table[number], succession, into: &transitions)
    }
    counters.pending = 0
    adopt(succession.new)
    table.rebuild(blockSize: layout.blockSize, seriesCount: layout.seriesCount) { number, from, to in
      if move(from, to, succession) { urgent.numbers.append(UInt32(truncatingIfNeeded: number)) }
    }
    urgent.everything = true
    // What was before this was under other rules: no replay may begin there.
    urgent.forgottenSince = nil
    swap(&table, &subjects)
    watchAgain()
    settleForgetting()
    bad = succession.predecessors.map { $0.map { bad[$0] } ?? 0 }
    saidBad = succession.predecessors.map { $0.map { saidBad[$0] } ?? false }
  }

  /// Resolves what can't go on.
  private mutating func endLives(of subject: Subject, _ succession: Succession, into transitions: inout [Transition]) {
    let states = subject.series
    for rule in 0..<layout.rules.rules.count {
      let state = states[layout.seriesOfRule[rule]]
      guard state.alert > 0, let end = succession.end(of: rule, firing: state.alert, host: subject.host) else {
        continue
      }
      resolve(rule, of: subject, reason: end == .removed ? .ruleRemoved : .ruleChanged, into: &transitions)
    }
  }

  /// Resolves an alert that fires, for a reason that no record gave.
  private mutating func resolve(
    _ rule: Int, of subject: Subject, reason: Transition.Reason, into transitions: inout [Transition]
  ) {
    let series = layout.seriesOfRule[rule]
    let state = subject.series[series]
    let timeline = timeline(of: series, subject)
    var since = timeline.time
    if state.level < state.alert, state.since(state.alert) != SeriesState.unset { since = state.since(state.alert) }
    transitions.append(
      transition(
        of: rule, subject: subject.text, AlertChange(from: state.alert, to: 0, since: since),
        value: lastValue(of: series, subject), at: timeline.time, offset: timeline.offset, reason: reason))
    counters.transitions += 1
    counters.firing -= 1
  }

  /// What tells the time of a series.
  mutating func timeline(of series: Int, _ subject: Subject) -> Timeline {
    let number = subject.tracks[layout.trackOfSeries[series]].ownTimeline
    return number == 0 ? subject.timeline.pointee : timelines[number].pointee
  }

  /// Fills the new block of a subject from its old one. True: its checkpoint would give it back something that it has
  /// no longer. (What ends with its rule isn't that: no checkpoint can name its life any more.)
  private mutating func move(_ from: Subject, _ to: Subject, _ succession: Succession) -> Bool {
    var isTakenFrom = false
    let (old, new) = (succession.old, succession.new)
    let states = from.series
    let newStates = to.series
    let written = windows.tracks.count > 0 ? writtenChunks(of: from, old) : [:]
    for track in 0..<new.trackCount {
      let plan = new.tracks[track]
      var state = TrackState(isCovered: new.covers(track, host: from.host))
      for index in plan.series {
        newStates[index] = SeriesState()
        guard let predecessor = succession.predecessors[new.series[index].rule] else { continue }
        let series = old.seriesOfRule[predecessor]
        let before = states[series]
        if !state.isCovered || before.alert > 0 && !new.series[index].has(before.alert) {
          isTakenFrom = isTakenFrom || from.tracks[old.trackOfSeries[series]].isBorn
          continue
        }
        newStates[index] = succession.state(of: index, from: before, predecessor)
        if newStates[index] != before { isTakenFrom = true }
        // What it has beside its state has gone along.
        states[series].detail = 0
        if changeVotes(of: newStates + index, from: old.series[series], to: new.series[index]) { isTakenFrom = true }
        state.isActive = state.isActive || !newStates[index].isQuiet
        counters.pending += newStates[index].isPending ? 1 : 0
        // All series of a track come from the same one, or from none.
        let oldTrack = from.tracks[old.trackOfSeries[series]]
        if state.isBorn || !oldTrack.isBorn { continue }
        state.isBorn = true
        state.value = oldTrack.value
        if new.watchesSilence {
          let signs = from.signs(old.trackCount)
          to.signs(new.trackCount)[track] = old.watchesSilence ? signs[old.trackOfSeries[series]] : now
        }
        if oldTrack.ownTimeline != 0 {
          state.ownTimeline = timelines.take(copy(of: timelines[oldTrack.ownTimeline].pointee))
        }
      }
      to.tracks[track] = state
    }
    if !written.isEmpty, shareOutSamples(from, to, succession, written: written) { isTakenFrom = true }
    for series in 0..<old.seriesCount { releaseDetail(of: &states[series]) }
    for track in 0..<old.trackCount where from.tracks[track].ownTimeline != 0 {
      release(from.tracks[track].ownTimeline)
    }
    to.timeline.pointee = from.timeline.pointee
    to.seen(new.trackCount).pointee = from.seen(old.trackCount).pointee
    settleTimeline(of: to)
    // The next record finds out.
    to.header.pointee.isPlain = false
    return isTakenFrom
  }

  /// Where no track goes with the subject's timeline any longer, one that has its own gives that; else it begins anew.
  mutating func settleTimeline(of subject: Subject) {
    let tracks = 0..<trackCount
    if tracks.contains(where: { subject.tracks[$0].isBorn && subject.tracks[$0].ownTimeline == 0 }) { return }
    clear(subject.timeline)
    guard let heir = tracks.first(where: { subject.tracks[$0].ownTimeline != 0 }) else { return }
    subject.timeline.pointee = timelines[subject.tracks[heir].ownTimeline].pointee
    timelines.put(subject.tracks[heir].ownTimeline)
    subject.tracks[heir].ownTimeline = 0
  }

  /// Step 10: ends the series of a subject, if there is one of this name, by the record at `offset`.
  mutating func forget(
    _ name: UnsafeRawBufferPointer, hash: UInt64, offset: Int64, into transitions: inout [Transition]
  ) {
    guard let subject = subjects.find(name, hash: hash) else { return }
    let states = subject.series
    for rule in 0..<layout.rules.rules.count {
      let state = states[layout.seriesOfRule[rule]]
      if state.alert > 0 { resolve(rule, of: subject, reason: .forgotten, into: &transitions) }
      if state.isPending { counters.pending -= 1 }
    }
    noteForgotten(subject, offset: offset)
    release(subject)
    subjects.remove(name, hash: hash)
    counters.subjects -= 1
    room.give(1)
  }

  /// Gives back what a subject has in pools.
  mutating func release(_ subject: Subject) {
    noteGone(subject)
    // Whoever takes its block has nothing of it.
    if let number = subjects.number(of: subject) { cover(number, before: 0) }
    let states = subject.series
    for track in 0..<trackCount {
      let first = tracks[track].firstSeries
      if tracks[track].isWindowed, window(of: states[first]) != 0 {
        windows.release(track: windows.windows[window(of: states[first])].pointee.samples)
      }
      if subject.tracks[track].ownTimeline != 0 { release(subject.tracks[track].ownTimeline) }
    }
    for series in 0..<layout.seriesCount { releaseDetail(of: &states[series]) }
    clear(subject.timeline)
  }
}
