import Records

// Step 10: a subject is gone if nothing came of it for so long, by the log's own time.

extension PartitionState {
  /// Ends the series of the subjects of which no record came for `forget_after` up to the log's time. Each subject is
  /// checked about once in `forget_after`, so a record costs nothing for it.
  @inline(never)
  mutating func forgetIdle(at offset: Int64, into transitions: inout [Transition]) {
    let latest = logTime &- idle.limit
    while let number = idle.due(at: latest) {
      let subject = subjects[number]
      let seen = subject.seen(trackCount)
      // The subject is older than the first log time: its time counts from now on.
      if seen.pointee < 0 {
        seen.pointee = logTime
        if !subject.header.pointee.isUnwritten { noteChange(of: subject, offset: offset) }
      }
      if seen.pointee > latest {
        idle.set(number, seenAt: seen.pointee)
      } else {
        forget(subject.name, hash: subject.header.pointee.hash, offset: offset, into: &transitions)
      }
    }
  }

  /// Whether the subject's records now come in another topic.
  func hasMoved(_ subject: Subject) -> Bool {
    !movedPrefix.isEmpty && subject.name.count >= movedPrefix.count
      && subject.name.prefix(movedPrefix.count).elementsEqual(movedPrefix)
  }

  /// See `Engine.forgetMoved`.
  mutating func forgetMoved(into transitions: inout [Transition]) {
    for number in 0..<subjects.used where subjects[number].isInhabited && hasMoved(subjects[number]) {
      forgetMoved(subjects[number], into: &transitions)
    }
  }

  /// No record of the log ends it, so no record must be read again for that.
  mutating func forgetMoved(_ subject: Subject, into transitions: inout [Transition]) {
    forget(subject.name, hash: subject.header.pointee.hash, offset: .max, into: &transitions)
  }

  /// Called when a subject becomes known.
  mutating func noteFirst(_ subject: Subject) {
    subject.seen(trackCount).pointee = logTime
    if let number = subjects.number(of: subject) { idle.set(number, seenAt: logTime) }
  }

  /// Called when a subject is no longer known.
  mutating func noteGone(_ subject: Subject) {
    guard let number = subjects.number(of: subject) else { return }
    idle.remove(number)
    remarks.remove(number)
    silence.remove(number)
    // The next subject in this block must not inherit anything.
    coverage.set(number, before: 0)
  }
}
