import Records

// The metrics of a subject mostly stand in the same records, so that one timeline tells the time of all. If they don't,
// the tracks part, and come together again once both timelines say the same.

extension PartitionState {
  /// The tracks that go with the subject's timeline, and have no value in the record in hand, stay behind on timelines of
  /// their own.
  mutating func diverge(_ subject: Subject) {
    for track in 0..<trackCount where hand.values[track].isNaN {
      let state = subject.tracks + track
      if state.pointee.isBorn, state.pointee.ownTimeline == 0 { timelines.part(state, with: subject.timeline.pointee) }
    }
  }

  /// The record in hand for the tracks on timelines of their own, and for those that see their first value after the
  /// subject's timeline has begun.
  mutating func applyToOwn<View: RecordView & ~Copyable>(
    _ record: borrowing View, _ subject: Subject, _ ignored: inout Ignored, into transitions: inout [Transition]
  ) {
    for track in 0..<trackCount where !hand.values[track].isNaN {
      let state = subject.tracks + track
      if state.pointee.ownTimeline == 0 {
        if state.pointee.isBorn { continue }
        timelines.begin(state)
      }
      let step = timelines.advance(timelines[state.pointee.ownTimeline], record, offset: hand.offset)
      ignored.note(step)
      if silence.isNeeded, !step.isSameAgain { noteSign(track, subject) }
      guard step.counts else { continue }
      take(track, of: subject, step, into: &transitions)
      timelines.rejoin(state, subject)
    }
  }
}
