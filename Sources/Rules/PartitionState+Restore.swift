import Records

extension PartitionState {
  /// Takes a checkpoint in place of whatever is known of the subject. Lives that the rules don't know are left out.
  mutating func restore(_ checkpoint: Checkpoint, of name: UnsafeRawBufferPointer) throws(ChangelogProblem) {
    guard checkpoint.epoch <= epoch else { throw .impossible("epoch") }
    let sources = try sources(of: checkpoint)
    let hash = RecordReader.hash(of: name)
    let hostLength = checkpoint.isKeyless ? name.count - keylessSuffix.count : name.count
    guard hostLength > 0, name.count <= Int(UInt16.max) else { throw .impossible("subject") }
    drop(name, hash: hash)
    // Nothing is left of what it speaks of.
    if sources.allSatisfy({ $0 < 0 }) { return urgent.gone.append(name) }
    room.takeAnyway()
    guard let subject = newSubject(name, hostLength: hostLength, hash: hash),
      let number = subjects.number(of: subject)
    else { throw .impossible("subject") }
    subject.header.pointee.hasCheckpoint = true
    var isWhole = true
    if let line = checkpoint.timeline { subject.timeline.pointee = take(line) }
    for track in 0..<trackCount {
      let source = sources[track]
      guard source >= 0, subject.tracks[track].isCovered else { continue }
      if !fill(track, of: subject, from: checkpoint.tracks[source]) { isWhole = false }
    }
    settleTimeline(of: subject)
    // What is left of it needs a checkpoint without the rest.
    if !isWhole { urgent.numbers.append(UInt32(truncatingIfNeeded: number)) }
    subject.seen(trackCount).pointee = checkpoint.seen
    idle.set(number, at: checkpoint.seen)
    settleForgetting()
    // Offsets of an earlier life of the topic say nothing of this one's.
    if checkpoint.epoch == epoch { cover(number, before: checkpoint.position) }
    if !isWhole { throw .chunkMissing }
  }

  /// The topic's offsets begin anew. What is written from now on is of this life, what was written before covers nothing;
  /// what wasn't written can't be replayed, so it is now.
  mutating func beginEpoch() {
    epoch = min(epoch + 1, UInt32.max - 1)
    covered = []
    highestCovered = 0
    refusals = Refusals()
    keylessFrom = keylessFrom == .max ? .max : 0
    logTime = -1
    urgent.everything = true
  }

  /// For each track of today, the one in the checkpoint that it goes on from; -1: none.
  private mutating func sources(of checkpoint: Checkpoint) throws(ChangelogProblem) -> [Int] {
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
        for level in [life.state.level, life.state.alert] where level > 0 && !plan.has(level) {
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

  /// False: a chunk of its samples is missing, and it begins anew.
  private mutating func fill(_ track: Int, of subject: Subject, from record: Checkpoint.Track) -> Bool {
    let state = subject.tracks + track
    if let samples = record.samples, !fillWindows(of: track, subject, samples, record.lives) { return false }
    state.pointee.isBorn = true
    state.pointee.value = record.value
    if let own = record.own { state.pointee.ownTimeline = timelines.take(take(own)) }
    for life in record.lives {
      guard let series = layout.series(ofLife: life.number), layout.trackOfSeries[series] == track else { continue }
      let window = subject.series[series].detail == 0 ? 0 : self.window(of: subject.series[series])
      details.put(subject.series[series].detail)
      subject.series[series] = life.state
      if life.state.alert > 0 || life.votes != nil || window != 0 {
        var detail = life.detail
        detail.window = window
        if let votes = life.votes { detail.votes = self.votes.take(votes) }
        subject.series[series].detail = details.take(detail)
      }
      if !subject.series[series].isQuiet { state.pointee.isActive = true }
      if life.state.alert > 0 { counters.firing += 1 }
      if life.state.isPending { counters.pending += 1 }
    }
    return true
  }

  private mutating func take(_ line: Checkpoint.Line) -> Timeline {
    var timeline = line.timeline
    if let row = line.row { timeline.row = rows.take(row) }
    if let boots = line.earlierBoots { timeline.earlierBoots = earlierBoots.take(boots) }
    return timeline
  }

  /// Forgets a subject without a word; one that isn't known has nothing to forget.
  mutating func drop(_ name: UnsafeRawBufferPointer, hash: UInt64) {
    guard let subject = subjects.find(name, hash: hash) else { return }
    for series in 0..<layout.seriesCount {
      if subject.series[series].alert > 0 { counters.firing -= 1 }
      if subject.series[series].isPending { counters.pending -= 1 }
    }
    release(subject)
    subjects.remove(name, hash: hash)
    counters.subjects -= 1
    room.give(1)
  }

  /// Records before `offset` are in the state of the subject in this block already.
  mutating func cover(_ number: Int, before offset: Int64) {
    if offset == 0, number >= covered.count { return }
    while covered.count <= number { covered.append(0) }
    covered[number] = offset
    highestCovered = max(highestCovered, offset)
  }

  /// Whether the record at `offset` is in the state of this subject already.
  mutating func isCovered(_ subject: Subject, _ offset: Int64) -> Bool {
    guard let number = subjects.number(of: subject), number < covered.count else { return false }
    return offset < covered[number]
  }
}

extension SeriesPlan {
  /// Whether votes of the past can be those of this rule.
  fileprivate func canHold(_ votes: Votes) -> Bool {
    guard votesKept > 0 else { return false }
    for word in 0..<4 {
      if !has(2), votes.critical[word] != 0 { return false }
      if !has(1), votes.warning[word] != votes.critical[word] { return false }
    }
    return true
  }
}
