import Records

extension PartitionState {
  /// See `Engine.takeCheckpoints`.
  mutating func takeCheckpoints(
    position: Int64, changedBefore: Int64, limit: Int, scope: ChangelogScope,
    into sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    var key = BinaryWriter()
    var value = BinaryWriter()
    urgent.gone.take(limit: .max) { PartitionState.giveGone($0, $1, $2, scope, &key, sink) }
    leftover.take(limit: limit) { PartitionState.giveGone($0, $1, $2, scope, &key, sink) }
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

  /// See `Engine.takeForgotten`.
  mutating func takeForgotten(
    scope: ChangelogScope, into sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    urgent.forgottenSince = nil
    if urgent.forgotten.isEmpty { return }
    var forgotten = GoneRecords()
    swap(&forgotten, &urgent.forgotten)
    var key = BinaryWriter()
    forgotten.take(limit: .max) { name, track, number in
      // Somebody of this name may have come since, and been written.
      if stands(name, track, number) { return }
      PartitionState.giveGone(name, track, number, scope, &key, sink)
    }
  }

  /// Whether the changelog has this checkpoint (`track` is 0) or chunk of a subject that there is.
  private mutating func stands(_ name: UnsafeRawBufferPointer, _ track: UInt32, _ number: UInt32) -> Bool {
    guard let subject = subjects.find(name, hash: RecordReader.hash(of: name)) else { return false }
    if track == 0 { return subject.header.pointee.hasCheckpoint }
    var found = false
    let numbers = layout.trackNumbers
    eachWrittenChunk(of: subject) { if numbers[$0] == track, $1.contains(number) { found = true } }
    return found
  }

  /// Gives to `sink` that a checkpoint (`track` is 0) or a chunk is gone.
  private static func giveGone(
    _ name: UnsafeRawBufferPointer, _ track: UInt32, _ number: UInt32, _ scope: ChangelogScope,
    _ key: inout BinaryWriter, _ sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    key.reset()
    if track == 0 {
      scope.writeCheckpointKey(of: name, to: &key)
    } else {
      scope.writeChunkKey(of: name, track: track, number: UInt64(number), to: &key)
    }
    key.bytes.withUnsafeBytes { sink($0, nil) }
  }

  /// Gives a subject's checkpoint to `sink`, behind the chunks that it needs and before those that it needs no longer: so
  /// that it is whole also where only the first of these get through. A subject without state has no checkpoint, and
  /// where it had one, that goes.
  private mutating func give(
    _ subject: Subject, _ position: Int64, _ scope: ChangelogScope, _ key: inout BinaryWriter,
    _ value: inout BinaryWriter, _ sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    guard subject.isInhabited else { return }
    eachUnwrittenChunk(of: subject) { track, chunk in
      key.reset()
      scope.writeChunkKey(of: subject.name, track: track, number: UInt64(chunk.pointee.number), to: &key)
      value.reset()
      value.byte(CheckpointFormat.chunkVersion)
      value.samples(of: chunk.pointee, SampleChunk.size, base: 0)
      key.bytes.withUnsafeBytes { key in
        value.seal(for: key)
        value.bytes.withUnsafeBytes { sink(key, $0) }
      }
    }
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
    noteChunksWritten(of: subject) { track, gone in
      for number in gone { PartitionState.giveGone(subject.name, track, number, scope, &key, sink) }
    }
  }

  /// See `Engine.writeSoon`.
  mutating func writeSoon(_ name: UnsafeRawBufferPointer) {
    guard let subject = subjects.find(name, hash: RecordReader.hash(of: name)),
      let number = subjects.number(of: subject),
      urgent.numbers.last.map({ Int($0) != number }) ?? true
    else { return }
    urgent.numbers.append(UInt32(truncatingIfNeeded: number))
  }

  /// See `Engine.restore`.
  mutating func restore(
    _ name: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?, end: Int64?
  ) throws(ChangelogProblem) {
    let hash = RecordReader.hash(of: name)
    guard let value else { return drop(name, hash: hash) }
    do throws(ChangelogProblem) {
      let checkpoint = try Checkpoint(value, key: key)
      // Offsets of an earlier life of the topic say nothing of this one's.
      if let end, checkpoint.epoch == epoch, checkpoint.position > end {
        throw .beyondEnd(position: checkpoint.position, end: end)
      }
      try restore(checkpoint, of: name)
    } catch {
      if error != .chunkMissing {
        drop(name, hash: hash)
        urgent.gone.append(name)
      }
      throw error
    }
  }

  /// Step 1 to 6 for a record that was evaluated before.
  mutating func replay<View: RecordView & ~Copyable>(
    _ record: borrowing View, offset: Int64, into made: inout [Transition]
  ) {
    // Also where the record itself is known: it told the time, and others may have been gone by then.
    if logTime >= forgetAt { forgetIdle(at: offset, into: &made) }
    guard let subject = subject(of: record, offset: offset), !isCovered(subject, offset) else { return }
    apply(record, offset: offset, into: &made)
  }

  /// Step 10 for a tombstone that was evaluated before.
  mutating func replayForget(_ name: UnsafeRawBufferPointer, offset: Int64, into made: inout [Transition]) {
    let hash = RecordReader.hash(of: name)
    guard let subject = subjects.find(name, hash: hash), !isCovered(subject, offset) else { return }
    forget(name, hash: hash, offset: offset, into: &made)
  }

  /// From here on records are new.
  mutating func finishReplay() {
    covered = []
    highestCovered = 0
    dropWaitingChunks()
    happenings = []
    told = ToldOfNumbers()
    refusals.replayEnd = 0
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
  mutating func image() -> [UInt8] {
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
      writer.signed(subject.seen(trackCount).pointee)
      for track in layout.tracksByLife where subject.tracks[track].isBorn {
        let state = subject.tracks[track]
        let timeline = state.ownTimeline == 0 ? subject.timeline.pointee : timelines[state.ownTimeline].pointee
        writer.double(state.value)
        write(timeline, 0, &writer)
        writeSeries(of: track, subject, timeline.time, windows: false, &writer)
        if !tracks[track].isWindowed { continue }
        let plan = tracks[track]
        for place in plan.series { writeImage(of: subject.series[layout.seriesByLife[place]], &writer) }
      }
    }
    return writer.bytes
  }
}
