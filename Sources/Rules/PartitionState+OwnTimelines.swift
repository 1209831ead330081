import Records

// The metrics of a subject usually come in the same records, so one timeline serves all. If they don't, the tracks
// part, and join again once both timelines are equal.

extension PartitionState {
  /// Gives timelines of their own to the tracks that share the subject's timeline but have no value in the current
  /// record.
  mutating func diverge(_ subject: Subject) {
    for track in 0..<trackCount where hand.values[track].isNaN {
      let state = subject.tracks + track
      if state.pointee.isBorn, state.pointee.ownTimeline == 0 { timelines.part(state, with: subject.timeline.pointee) }
    }
  }

  /// Processes the current record for tracks with a timeline of their own, and for those that have their first value
  /// after the subject's timeline has begun.
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
      hand.settle(at: timelines[state.pointee.ownTimeline].pointee.time)
      take(track, of: subject, step, into: &transitions)
      timelines.rejoin(state, subject)
    }
  }
}
