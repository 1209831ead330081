import Records

extension PartitionState {
  /// See `Engine.restore`.
  mutating func restore(
    _ name: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?, end: Int64?
  ) throws(ChangelogProblem) {
    let hash = RecordReader.hash(of: name)
    guard let value else { return drop(name, hash: hash) }
    do throws(ChangelogProblem) {
      let checkpoint = try Checkpoint(value, key: key)
      // Offsets of an earlier life of the topic have no meaning for this one.
      if let end, checkpoint.epoch == epoch, checkpoint.position > end {
        throw .beyondEnd(position: checkpoint.position, end: end)
      }
      try restore(checkpoint, of: name)
    } catch {
      if error != .chunkMissing {
        drop(name, hash: hash)
        debt.takeAway(name)
      }
      throw error
    }
  }

  /// Steps 1 to 6 for a record that was evaluated before.
  mutating func replay<View: RecordView & ~Copyable>(
    _ record: borrowing View, offset: Int64, into made: inout [Transition]
  ) {
    // Even if the subject already contains the record: it advanced the log's time, and others may have been forgotten
    // by it.
    if logTime >= idle.next { forgetIdle(at: offset, into: &made) }
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
    coverage = Coverage()
    dropRestoredChunks()
    remarks = Remarks(ruleCount: layout.rules.rules.count)
    admission.finishReplay()
    watchAgain()
    counted = EngineCounters()
  }

  /// Applies a checkpoint, and replaces what is known of the subject. Lives that the rules don't have are left out.
  mutating func restore(_ checkpoint: Checkpoint, of name: UnsafeRawBufferPointer) throws(ChangelogProblem) {
    guard checkpoint.epoch <= epoch else { throw .impossible("epoch") }
    let sources = try sources(of: checkpoint)
    let hash = RecordReader.hash(of: name)
    let hostLength = checkpoint.isKeyless ? name.count - keylessSuffix.count : name.count
    guard hostLength > 0, name.count <= Int(UInt16.max) else { throw .impossible("subject") }
    drop(name, hash: hash)
    // All its lives have ended.
    if sources.allSatisfy({ $0 < 0 }) { return debt.takeAway(name) }
    admission.room.takeAnyway()
    guard let subject = newSubject(name, hostLength: hostLength, hash: hash),
      let number = subjects.number(of: subject)
    else { throw .impossible("subject") }
    subject.header.pointee.hasCheckpoint = true
    var isWhole = true
    if let line = checkpoint.timeline { subject.timeline.pointee = timelines.restored(line) }
    for track in 0..<trackCount {
      let source = sources[track]
      guard source >= 0, subject.tracks[track].isCovered else { continue }
      if !fill(track, of: subject, from: checkpoint.tracks[source]) { isWhole = false }
    }
    timelines.settle(subject, trackCount: trackCount)
    // Some of its lives have ended: it needs a checkpoint without them.
    if !isWhole { debt.writeSoon(number) }
    subject.seen(trackCount).pointee = checkpoint.seen
    idle.set(number, seenAt: checkpoint.seen)
    // Offsets of an earlier life of the topic have no meaning for this one.
    if checkpoint.epoch == epoch { coverage.set(number, before: checkpoint.position) }
    if !isWhole { throw .chunkMissing }
  }

  /// Begins a new life of the topic, with new offsets. Checkpoints from now on belong to this life; earlier ones cover
  /// no offset. DirtySubjects changes can't be replayed, so they are written now.
  mutating func beginEpoch() {
    epoch = min(epoch + 1, UInt32.max - 1)
    coverage = Coverage()
    admission.beginEpoch()
    keylessFrom = keylessFrom == .max ? .max : 0
    logTime = -1
    debt.writeAllSoon()
  }

  /// For each current track, the track in the checkpoint that it goes on from; -1 if none.
  private func sources(of checkpoint: Checkpoint) throws(ChangelogProblem) -> [Int] {
    var sources = Array(repeating: -1, count: trackCount)
    var seen = Array(repeating: false, count: layout.seriesCount)
    for (source, record) in checkpoint.tracks.enumerated() {
      for life in record.lives {
        guard let series = layout.series(ofLife: life.number) else { continue }
        let track = layout.trackOfSeries[series]
        guard sources[track] < 0 || sources[track] == source, !seen[series] else {
          throw .impossible("track")
        }
        let plan = layout.series[series]
        for level in [life.state.level, life.state.alert] where level != .none && !plan.has(level) {
          throw .impossible("level")
        }
        if let votes = life.votes, !plan.canHold(votes) { throw .impossible("at_least") }
        sources[track] = source
        seen[series] = true
      }
    }
    for track in 0..<trackCount where sources[track] >= 0 {
      let record = checkpoint.tracks[sources[track]]
      let isComplete = tracks[track].series.allSatisfy { seen[$0] }
      guard isComplete, tracks[track].isWindowed == (record.samples != nil) else { throw .impossible("track") }
    }
    return sources
  }

  /// Fills a track of a subject. Returns false if a chunk of its samples is missing; the track then begins anew.
  private mutating func fill(_ track: Int, of subject: Subject, from record: Checkpoint.Track) -> Bool {
    let state = subject.tracks + track
    if let samples = record.samples,
      !series.fillWindows(of: track, layout, subject, samples, record.lives, from: &restoredChunks)
    {
      return false
    }
    state.pointee.isBorn = true
    state.pointee.value = record.value
    if let own = record.own { timelines.restore(state, from: own) }
    for life in record.lives {
      guard let index = layout.series(ofLife: life.number), layout.trackOfSeries[index] == track else { continue }
      series.restore(life, to: subject.series + index)
      if !subject.series[index].isQuiet { state.pointee.isActive = true }
    }
    return true
  }

  /// Forgets the subject of this name without transitions, if it exists.
  private mutating func drop(_ name: UnsafeRawBufferPointer, hash: UInt64) {
    if let subject = subjects.find(name, hash: hash) { remove(subject) }
  }

  /// Whether the subject already contains the record at `offset`.
  private func isCovered(_ subject: Subject, _ offset: Int64) -> Bool {
    guard let number = subjects.number(of: subject) else { return false }
    return coverage.contains(offset, of: number)
  }

  // MARK: Chunks

  /// Stores a chunk until the checkpoint of its subject comes.
  mutating func restoreChunk(
    _ name: UnsafeRawBufferPointer, track: UInt32, number: UInt64, key: UnsafeRawBufferPointer,
    value: UnsafeRawBufferPointer?
  ) throws(ChangelogProblem) {
    guard let number = UInt32(exactly: number), number < UInt32.max / 2 else { throw .impossible("chunk") }
    guard let value else { return }
    let samples: [StoredSample]
    do {
      var (_, reader) = try BinaryReader.sealed(
        value, for: key, version: CheckpointFormat.chunkVersion, checksumSince: 2)
      samples = try reader.samples(SampleChunk.size, base: 0)
      try reader.end()
    } catch {
      debt.takeAway(number..<(number + 1), ofTrack: track, name, mayBeUsedAgain: true)
      throw error
    }
    let owner = RestoredChunks.Owner(subject: Array(name), track: track)
    restoredChunks.append(number, of: owner, at: series.windows.chunk(number, samples))
  }

  /// Deletes chunks that no checkpoint needed; they may belong to tracks that no rule has any longer.
  private mutating func dropRestoredChunks() {
    let left = restoredChunks.takeAll()
    let today = left.isEmpty ? [] : Set(layout.trackNumbers)
    for chunk in left {
      series.windows.release(chunk: chunk.place)
      chunk.owner.subject.withUnsafeBytes { name in
        debt.takeAway(
          chunk.number..<(chunk.number + 1), ofTrack: chunk.owner.track, name,
          mayBeUsedAgain: today.contains(chunk.owner.track))
      }
    }
  }
}

extension SeriesPlan {
  /// Whether these earlier votes are possible for this rule.
  fileprivate func canHold(_ votes: Votes) -> Bool {
    guard votesKept > 0 else { return false }
    for word in 0..<4 {
      if !has(.critical), votes.critical[word] != 0 { return false }
      if !has(.warning), votes.warning[word] != votes.critical[word] { return false }
    }
    return true
  }
}
