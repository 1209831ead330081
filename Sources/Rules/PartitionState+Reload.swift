import Records

extension PartitionState {
  /// Step 9: changes the rules.
  mutating func replaceRules(_ rules: RuleSet, into transitions: inout [Transition]) {
    let succession = Succession(from: layout, to: rules)
    // Taken out of this struct while it changes, because moving a subject changes the rest of the struct.
    var table = SubjectTable(blockSize: 64, seriesCount: 0)
    swap(&table, &subjects)
    for number in 0..<table.used where table[number].isInhabited {
      endLives(of: table[number], succession, into: &transitions)
    }
    series.beginCount()
    adopt(succession.new)
    table.rebuild(blockSize: layout.blockSize, seriesCount: layout.seriesCount) { number, from, to in
      if move(from, to, succession) { debt.writeSoon(number) }
    }
    debt.beginAnew()
    swap(&table, &subjects)
    watchAgain()
    remarks.replaceRules(succession.predecessors)
  }

  /// Resolves the alerts that can't go on.
  private mutating func endLives(of subject: Subject, _ succession: Succession, into transitions: inout [Transition]) {
    let states = subject.series
    for rule in 0..<layout.rules.rules.count {
      let state = states[layout.seriesOfRule[rule]]
      guard state.isFiring, let end = succession.end(of: rule, firing: state.alert, host: subject.host) else {
        continue
      }
      resolve(rule, of: subject, reason: end == .removed ? .ruleRemoved : .ruleChanged, into: &transitions)
    }
  }

  /// Resolves a firing alert, for a reason other than a record.
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
        of: rule, subject: subject.text, AlertChange(from: state.alert, to: .none, since: since),
        value: lastValue(of: series, subject), at: timeline.time, offset: timeline.offset, reason: reason))
    counted.transitions += 1
  }

  /// Fills the new block of a subject from its old one. Returns true if its checkpoint would restore state that it no
  /// longer has. (State of a removed rule doesn't count: no checkpoint can name its life any more.)
  private mutating func move(_ from: Subject, _ to: Subject, _ succession: Succession) -> Bool {
    var isTakenFrom = false
    let (old, new) = (succession.old, succession.new)
    let written = series.writtenChunks(of: from, old)
    for track in 0..<new.trackCount where moveTrack(track, from, to, succession) { isTakenFrom = true }
    if !written.isEmpty {
      let samples = series.shareOutSamples(from, to, succession, written: written)
      if samples.isNew { isTakenFrom = true }
      for gone in samples.leftover {
        // While others still have the track, this subject may come to use its chunks' numbers again.
        let isToday = new.trackNumbers.contains(gone.track)
        debt.takeAway(gone.chunks, ofTrack: gone.track, to.name, mayBeUsedAgain: isToday)
      }
    }
    for index in 0..<old.seriesCount { series.releaseDetail(of: from.series + index) }
    for track in 0..<old.trackCount { timelines.release(from.tracks + track) }
    to.timeline.pointee = from.timeline.pointee
    to.seen(new.trackCount).pointee = from.seen(old.trackCount).pointee
    timelines.settle(to, trackCount: trackCount)
    // The next record recomputes this.
    to.header.pointee.isPlain = false
    return isTakenFrom
  }

  /// Does the same for one of the new tracks. All its series come from the same old track, or from none.
  private mutating func moveTrack(_ track: Int, _ from: Subject, _ to: Subject, _ succession: Succession) -> Bool {
    var isTakenFrom = false
    let (old, new) = (succession.old, succession.new)
    let state = to.tracks + track
    state.pointee = TrackState(isCovered: new.covers(track, host: from.host))
    for index in new.tracks[track].series {
      to.series[index] = SeriesState()
      guard let predecessor = succession.predecessors[new.series[index].rule] else { continue }
      let oldIndex = old.seriesOfRule[predecessor]
      let oldTrack = old.trackOfSeries[oldIndex]
      let before = from.series[oldIndex]
      if !state.pointee.isCovered || before.isFiring && !new.series[index].has(before.alert) {
        isTakenFrom = isTakenFrom || from.tracks[oldTrack].isBorn
        continue
      }
      to.series[index] = succession.state(of: index, from: before, predecessor)
      if to.series[index] != before { isTakenFrom = true }
      // Its pool elements have moved with it.
      from.series[oldIndex].detail = 0
      if series.changeVotes(of: to.series + index, from: old.series[oldIndex], to: new.series[index]) {
        isTakenFrom = true
      }
      state.pointee.isActive = state.pointee.isActive || !to.series[index].isQuiet
      series.count(to.series[index], by: 1)
      if state.pointee.isBorn || !from.tracks[oldTrack].isBorn { continue }
      state.pointee.isBorn = true
      state.pointee.value = from.tracks[oldTrack].value
      if new.watchesSilence {
        to.signs(new.trackCount)[track] = old.watchesSilence ? from.signs(old.trackCount)[oldTrack] : now
      }
      let own = from.tracks[oldTrack].ownTimeline
      if own != 0 { timelines.part(state, with: timelines[own].pointee) }
    }
    return isTakenFrom
  }

  /// Step 10: ends the series of the subject of this name, if it exists, by the record at `offset`.
  mutating func forget(
    _ name: UnsafeRawBufferPointer, hash: UInt64, offset: Int64, into transitions: inout [Transition]
  ) {
    guard let subject = subjects.find(name, hash: hash) else { return }
    for rule in 0..<layout.rules.rules.count where subject.series[layout.seriesOfRule[rule]].isFiring {
      resolve(rule, of: subject, reason: .forgotten, into: &transitions)
    }
    debt.forget(
      subject.name, hasCheckpoint: subject.header.pointee.hasCheckpoint,
      chunks: series.writtenChunks(of: subject, layout), offset: offset, logTime: logTime)
    remove(subject)
  }

  /// Forgets a subject without transitions, and frees its pool elements.
  mutating func remove(_ subject: Subject) {
    noteGone(subject)
    for track in 0..<trackCount {
      if tracks[track].isWindowed { series.releaseSamples(of: tracks[track], subject) }
      timelines.release(subject.tracks + track)
    }
    for index in 0..<layout.seriesCount { series.remove(subject.series + index) }
    timelines.clear(subject.timeline)
    subjects.remove(subject.name, hash: subject.header.pointee.hash)
    admission.room.give(1)
  }
}
