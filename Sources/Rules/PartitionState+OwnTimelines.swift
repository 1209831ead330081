import Records

// The metrics of a subject mostly stand in the same records, so that one timeline tells the time of all. Where they
// don't, the tracks part, and come together again once both timelines say the same.

extension PartitionState {
  /// The tracks that go with the subject's timeline, and have no value in the record in hand, stay behind on
  /// timelines of their own.
  mutating func diverge(_ subject: Subject) {
    for track in 0..<trackCount where values[track].isNaN {
      let state = subject.tracks + track
      if state.pointee.isBorn, state.pointee.ownTimeline == 0 {
        state.pointee.ownTimeline = timelines.take(copy(of: subject.timeline.pointee))
      }
    }
  }

  /// The record in hand for the tracks on timelines of their own, and for those that see their first value after the
  /// subject's timeline has begun.
  mutating func applyToOwn<View: RecordView & ~Copyable>(
    _ record: borrowing View, _ subject: Subject, _ offset: Int64, _ start: Int, _ ignored: inout Ignored,
    _ transitions: inout [Transition]
  ) {
    for track in 0..<trackCount {
      let value = values[track]
      let state = subject.tracks + track
      if value.isNaN { continue }
      if state.pointee.ownTimeline == 0 {
        if state.pointee.isBorn { continue }
        state.pointee.ownTimeline = timelines.take(Timeline())
      }
      let step = advance(timelines[state.pointee.ownTimeline], record, offset: offset)
      ignored.note(step)
      if layout.watchesSilence, !step.isSameAgain { noteSign(track, subject) }
      guard step.counts else { continue }
      take(value, track, of: subject, step, record.time, offset, start, &transitions)
      rejoin(state, subject)
    }
  }

  /// Gives up a track's own timeline where the subject's has become the same.
  private mutating func rejoin(_ state: UnsafeMutablePointer<TrackState>, _ subject: Subject) {
    let number = state.pointee.ownTimeline
    let own = timelines[number].pointee
    let shared = subject.timeline.pointee
    guard own.time == shared.time, own.offset == shared.offset, own.boot == shared.boot,
      own.sequence == shared.sequence, own.row == 0, shared.row == 0, own.hasSameGaps(as: shared),
      hasSameEarlierBoots(own, shared)
    else { return }
    release(number)
    state.pointee.ownTimeline = 0
  }

  private mutating func hasSameEarlierBoots(_ a: Timeline, _ b: Timeline) -> Bool {
    if a.earlierBoots == 0 || b.earlierBoots == 0 { return a.earlierBoots == b.earlierBoots }
    return earlierBoots[a.earlierBoots].pointee == earlierBoots[b.earlierBoots].pointee
  }

  /// A timeline that says the same, and has pool elements of its own.
  mutating func copy(of timeline: Timeline) -> Timeline {
    var copy = timeline
    if timeline.row != 0 { copy.row = rows.take(rows[timeline.row].pointee) }
    if timeline.earlierBoots != 0 { copy.earlierBoots = earlierBoots.take(earlierBoots[timeline.earlierBoots].pointee) }
    return copy
  }

  /// Gives a track's own timeline back.
  mutating func release(_ number: UInt32) {
    clear(timelines[number])
    timelines.put(number)
  }

  /// Gives back what a timeline holds, and leaves an empty one.
  mutating func clear(_ timeline: UnsafeMutablePointer<Timeline>) {
    rows.put(timeline.pointee.row)
    earlierBoots.put(timeline.pointee.earlierBoots)
    timeline.pointee = Timeline()
  }
}
