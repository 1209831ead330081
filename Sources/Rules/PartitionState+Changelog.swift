import Records

extension PartitionState {
  /// See `Engine.takeCheckpoints`.
  mutating func takeCheckpoints(
    position: Int64, changedBefore: Int64, limit: Int, scope: ChangelogScope,
    into sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    var key = BinaryWriter()
    var value = BinaryWriter()
    debt.takeGone(limit: limit) { PartitionState.giveGone($0, $1, $2, scope, &key, sink) }
    let due = debt.takeDue()
    // A subject that also waits for its turn is written twice then: harmless, and rare.
    for number in due.numbers { give(subjects[Int(number)], position, scope, &key, &value, sink) }
    let (time, most) = due.isAll ? (Int64.max, Int.max) : (changedBefore, limit)
    var given = 0
    while given < most, let number = debt.popFirst(changedBefore: time) {
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
    var forgotten = debt.takeForgotten()
    var key = BinaryWriter()
    forgotten.take(limit: .max) { name, track, number in
      // A subject of this name may have come since, and been written.
      if stands(name, track, number) { return }
      PartitionState.giveGone(name, track, number, scope, &key, sink)
    }
  }

  /// Whether the changelog has this checkpoint (`track` is 0) or chunk of an existing subject.
  private func stands(_ name: UnsafeRawBufferPointer, _ track: UInt32, _ number: UInt32) -> Bool {
    guard let subject = subjects.find(name, hash: RecordReader.hash(of: name)) else { return false }
    if track == 0 { return subject.header.pointee.hasCheckpoint }
    return series.writtenChunks(of: subject, layout)[track]?.contains(number) ?? false
  }

  /// Gives to `sink` the tombstone of a checkpoint (`track` is 0) or of a chunk.
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

  /// Gives a subject's checkpoint to `sink`, after the chunks that it needs and before the tombstones of those that it
  /// no longer needs, so that it is complete even if only the first of these are delivered. A subject without state has
  /// no checkpoint; an existing one is deleted.
  private mutating func give(
    _ subject: Subject, _ position: Int64, _ scope: ChangelogScope, _ key: inout BinaryWriter,
    _ value: inout BinaryWriter, _ sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    guard subject.isInhabited else { return }
    series.eachUnwrittenChunk(of: subject, layout) { track, chunk in
      key.reset()
      scope.writeChunkKey(of: subject.name, track: track, number: UInt64(chunk.number), to: &key)
      value.reset()
      value.byte(CheckpointFormat.chunkVersion)
      value.samples(of: chunk, SampleChunk.size, base: 0)
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
    series.noteChunksWritten(of: subject, layout) { track, gone in
      for number in gone { PartitionState.giveGone(subject.name, track, number, scope, &key, sink) }
    }
  }

  /// See `Engine.writeSoon`.
  mutating func writeSoon(_ name: UnsafeRawBufferPointer) {
    guard let subject = subjects.find(name, hash: RecordReader.hash(of: name)),
      let number = subjects.number(of: subject)
    else { return }
    debt.writeSoon(number)
  }

  /// See `Engine.image`. Has every life of every subject, in the order of names and lives, each with its whole
  /// timeline: which lives share a timeline isn't part of the state.
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
      writer.signed(subject.seen(trackCount).pointee)
      for track in layout.tracksByLife where subject.tracks[track].isBorn {
        let state = subject.tracks[track]
        let timeline = timelines.timeline(of: state, subject)
        writer.double(state.value)
        timelines.write(timeline, 0, &writer)
        writeSeries(of: track, subject, timeline.time, windows: false, &writer)
        if !tracks[track].isWindowed { continue }
        let plan = tracks[track]
        for place in plan.series { series.writeImage(of: subject.series[layout.seriesByLife[place]], &writer) }
      }
    }
    return writer.bytes
  }
}
