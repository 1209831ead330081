import Records

extension PartitionState {
  /// See `Engine.takeCheckpoints`.
  mutating func takeCheckpoints(
    position: Int64, changedBefore: Int64, limit: Int, scope: ChangelogScope,
    into sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    var key = BinaryWriter()
    var value = BinaryWriter()
    urgent.takeGone { name in
      key.reset()
      scope.writeCheckpointKey(of: name, to: &key)
      key.bytes.withUnsafeBytes { sink($0, nil) }
    }
    // A subject that waits for its turn besides is written then once more: harmless, and rare.
    for number in urgent.numbers {
      give(subjects[Int(number)], position, scope, &key, &value, sink)
    }
    let (time, most) = urgent.everything ? (Int64.max, Int.max) : (changedBefore, limit)
    urgent.numbers = []
    urgent.everything = false
    var given = 0
    while given < most, let number = unwritten.popFirst(changedBefore: time) {
      let subject = subjects[number]
      guard subject.isInhabited, subject.header.pointee.isUnwritten else { continue }
      subject.header.pointee.isUnwritten = false
      give(subject, position, scope, &key, &value, sink)
      given += 1
    }
  }

  /// Gives a subject's checkpoint to `sink`; one without state has none, and where it had one, that goes.
  private func give(
    _ subject: Subject, _ position: Int64, _ scope: ChangelogScope, _ key: inout BinaryWriter,
    _ value: inout BinaryWriter, _ sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    guard subject.isInhabited else { return }
    let hasState = hasState(subject)
    if !hasState, !subject.header.pointee.hasCheckpoint { return }
    key.reset()
    scope.writeCheckpointKey(of: subject.name, to: &key)
    subject.header.pointee.hasCheckpoint = hasState
    key.bytes.withUnsafeBytes { key in
      if !hasState { return sink(key, nil) }
      value.reset()
      write(subject, position: position, to: &value)
      value.seal(for: key)
      value.bytes.withUnsafeBytes { sink(key, $0) }
    }
  }

  /// See `Engine.restore`.
  mutating func restore(
    _ name: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
  ) throws(ChangelogProblem) {
    let hash = RecordReader.hash(of: name)
    guard let value else { return drop(name, hash: hash) }
    do {
      try restore(try Checkpoint(value, key: key), of: name)
    } catch {
      drop(name, hash: hash)
      urgent.append(gone: name)
      throw error
    }
  }

  /// Step 1 to 6 for a record that was evaluated before.
  mutating func replay<View: RecordView & ~Copyable>(_ record: borrowing View, offset: Int64) {
    guard let subject = subject(of: record, offset: offset), !isCovered(subject, offset) else { return }
    var made: [Transition] = []
    apply(record, offset: offset, into: &made)
  }

  /// Step 10 for a tombstone that was evaluated before.
  mutating func replayForget(_ name: UnsafeRawBufferPointer, offset: Int64) {
    let hash = RecordReader.hash(of: name)
    guard let subject = subjects.find(name, hash: hash), !isCovered(subject, offset) else { return }
    let hadCheckpoint = subject.header.pointee.hasCheckpoint
    drop(name, hash: hash)
    if hadCheckpoint { urgent.append(gone: name) }
  }

  /// From here on records are new.
  mutating func finishReplay() {
    covered = []
    highestCovered = 0
    happenings = []
    watchAgain()
    var fresh = EngineCounters()
    fresh.firing = counters.firing
    fresh.pending = counters.pending
    fresh.subjects = counters.subjects
    counters = fresh
    for rule in bad.indices { (bad[rule], saidBad[rule]) = (0, false) }
  }

  /// See `Engine.image`. Every life of every subject, in the order of names and lives, each with the whole of its
  /// timeline: which of them share one is no part of what they know.
  func image() -> [UInt8] {
    var subjects: [(name: [UInt8], number: Int)] = []
    for number in 0..<self.subjects.used where self.subjects[number].isInhabited && hasState(self.subjects[number]) {
      subjects.append((Array(self.subjects[number].name), number))
    }
    subjects.sort { $0.name.lexicographicallyPrecedes($1.name) }
    var writer = BinaryWriter()
    for (name, number) in subjects {
      let subject = self.subjects[number]
      name.withUnsafeBytes { writer.blob($0) }
      writer.unsigned(UInt64(subject.header.pointee.hostLength))
      for track in layout.tracksByLife where subject.tracks[track].isBorn {
        let state = subject.tracks[track]
        let timeline = state.ownTimeline == 0 ? subject.timeline.pointee : timelines[state.ownTimeline].pointee
        writer.double(state.value)
        write(timeline, 0, &writer)
        writeSeries(of: track, subject, timeline.time, &writer)
      }
    }
    return writer.bytes
  }
}
