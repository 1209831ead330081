import Records

/// The whole state of one partition, and the operations on it.
///
/// A struct behind a pointer, so that the hot path needs no exclusivity check of a class. Each subject has one block of
/// plain bytes (`Subject`), so that state can be written, or moved to another layout, by copying blocks. The parts
/// below own the state beside the blocks; only their methods change it.
struct PartitionState: ~Copyable {
  private(set) var layout: Layout
  /// The layout's tracks, for quick access.
  private(set) var tracks: UnsafeMutablePointer<TrackPlan>
  private(set) var trackCount: Int
  let topic: String
  let partition: Int32
  /// The suffix of the name of a subject whose record has no key, from `keylessFrom` on.
  let keylessSuffix: [UInt8]
  var keylessFrom: Int64
  /// Subjects whose names begin with this prefix have moved to another topic: see `Engine.movedPrefix`.
  var movedPrefix: [UInt8] = []

  var subjects: SubjectTable
  var timelines = Timelines()
  var series: SeriesStates
  var silence: SilenceWatch
  var idle: IdleSubjects
  var admission: Admission
  var remarks: Remarks
  var debt = ChangelogDebt()
  var coverage = Coverage()
  var restoredChunks = RestoredChunks()
  var hand: RecordInHand
  /// The counters of this struct; `counters` adds those of the parts.
  var counted = EngineCounters()

  /// Milliseconds on the monotonic clock, to measure how long changes wait to be written, and how long series are
  /// silent.
  var now: Int64 = 0
  /// The log's time: the greatest Kafka time so far; -1 if none.
  var logTime: Int64 = -1
  /// The number of the topic's life: one more each time that it was deleted and created again.
  var epoch: UInt32 = 0

  /// The hashes of the last two expected keys, latest first.
  private var expected: (UInt64, UInt64) = (0, 0)

  init(_ layout: Layout, topic: String, partition: Int32, admission: consuming Admission) {
    self.layout = layout
    self.topic = topic
    self.partition = partition
    self.admission = admission
    keylessSuffix = Array("#\(partition)".utf8)
    keylessFrom = .max
    (tracks, trackCount) = (layout.tracks, layout.trackCount)
    subjects = SubjectTable(blockSize: layout.blockSize, seriesCount: layout.seriesCount)
    series = SeriesStates(layout)
    silence = SilenceWatch(layout)
    idle = IdleSubjects(limit: layout.forgetAfter)
    remarks = Remarks(ruleCount: layout.rules.rules.count)
    hand = RecordInHand(trackCount: layout.trackCount)
    timelines.tolerance = layout.tolerance
  }

  /// Changes to another layout; the caller must move the blocks.
  mutating func adopt(_ next: Layout) {
    layout = next
    (tracks, trackCount) = (layout.tracks, layout.trackCount)
    series.windows.maxSamples = next.rules.bounds.maxSamples
    silence = SilenceWatch(next)
    idle.limit = next.forgetAfter
    timelines.tolerance = next.tolerance
    hand = RecordInHand(trackCount: trackCount)
  }

  deinit { admission.room.give(subjects.count) }

  /// The counters.
  var counters: EngineCounters {
    var counters = counted
    counters.firing = series.firing
    counters.pending = series.pending
    counters.subjects = subjects.count
    counters.refused = admission.refused
    counters.happeningsDropped = remarks.dropped
    return counters
  }

  /// Prefetches for a record that comes soon: first the place to look up its subject, and two calls later, when that is
  /// in the cache, the subject itself.
  @inline(__always)
  mutating func expect(hash: UInt64) {
    subjects.prefetchSlot(hash: hash)
    subjects.prefetchBlock(hash: expected.1)
    expected = (hash, expected.0)
  }

  /// Steps 1 to 6 for one record.
  @inline(__always)
  mutating func apply<View: RecordView & ~Copyable>(
    _ record: borrowing View, offset: Int64, into transitions: inout [Transition]
  ) {
    counted.records += 1
    if logTime >= idle.next { forgetIdle(at: offset, into: &transitions) }
    guard let subject = subject(of: record, offset: offset) else { return }
    subject.seen(trackCount).pointee = logTime
    if !subject.header.pointee.isUnwritten { noteChange(of: subject, offset: offset) }
    if !applyPlainly(record, subject, offset, &transitions) { applyAnyhow(record, subject, offset, &transitions) }
  }

  /// Applies the usual record, of a subject whose metrics all come together, and just after its last one. Returns true
  /// after doing what `applyAnyhow` would do; or returns false and changes nothing.
  @inline(__always)
  private mutating func applyPlainly<View: RecordView & ~Copyable>(
    _ record: borrowing View, _ subject: Subject, _ offset: Int64, _ transitions: inout [Transition]
  ) -> Bool {
    guard subject.header.pointee.isPlain else { return false }
    let states = subject.tracks
    let (plans, count, values) = (tracks, trackCount, hand.values)
    // If silence is watched, each record is a sign of life, so no series is quiet.
    var isQuiet = !silence.isNeeded
    var track = 0
    while track < count {
      let state = states + track
      if state.pointee.isCovered {
        guard case .number(let value) = record.field(plans[track].slot) else { return false }
        values[track] = value
        isQuiet = isQuiet && !state.pointee.isActive && value >= plans[track].low && value <= plans[track].high
      } else {
        values[track] = .nan
      }
      track &+= 1
    }
    guard let gap = subject.timeline.pointee.advancePlainly(record, offset: offset) else { return false }
    if isQuiet {
      track = 0
      while track < count {
        // A track that doesn't cover the subject is never evaluated for it.
        states[track].value = values[track]
        track &+= 1
      }
    } else {
      if silence.isNeeded { noteSigns(subject) }
      hand.begin(time: record.time, offset: offset, made: transitions.count)
      takeAll(subject, Step(kind: .counts, gap: gap), into: &transitions)
    }
    return true
  }

  /// Adds the values of the current record, which counts, to all tracks.
  @inline(never)
  private mutating func takeAll(_ subject: Subject, _ step: Step, into transitions: inout [Transition]) {
    for track in 0..<trackCount where !hand.values[track].isNaN { take(track, of: subject, step, into: &transitions) }
    hand.end(&transitions)
  }

  /// Applies any record.
  @inline(never)
  private mutating func applyAnyhow<View: RecordView & ~Copyable>(
    _ record: borrowing View, _ subject: Subject, _ offset: Int64, _ transitions: inout [Transition]
  ) {
    hand.begin(time: record.time, offset: offset, made: transitions.count)
    let present = gather(record, of: subject)
    if !present.any { return }
    var ignored = Ignored()
    let hasBegun = subject.timeline.pointee.time != Timeline.never
    if present.shared {
      if present.lacking { diverge(subject) }
      let step = timelines.advance(subject.timeline, record, offset: offset)
      ignored.note(step)
      if silence.isNeeded, !step.isSameAgain { noteSharedSigns(subject, hasBegun: hasBegun) }
      if step.counts {
        hand.settle(at: subject.timeline.pointee.time)
        for track in 0..<trackCount where !hand.values[track].isNaN {
          if subject.tracks[track].ownTimeline != 0 { continue }
          if hasBegun, !subject.tracks[track].isBorn { continue }
          take(track, of: subject, step, into: &transitions)
        }
      }
    }
    if present.others { applyToOwn(record, subject, &ignored, into: &transitions) }
    hand.end(&transitions)
    subject.header.pointee.isPlain = isPlain(subject)
    count(ignored, record, subject)
  }

  /// Does the same as `noteSigns`, for the tracks that share the subject's timeline.
  private mutating func noteSharedSigns(_ subject: Subject, hasBegun: Bool) {
    for track in 0..<trackCount where !hand.values[track].isNaN {
      let state = subject.tracks[track]
      if state.ownTimeline == 0, !hasBegun || state.isBorn { noteSign(track, subject) }
    }
  }

  private func isPlain(_ subject: Subject) -> Bool {
    (0..<trackCount).allSatisfy { track in
      let state = subject.tracks[track]
      return !state.isCovered || state.isBorn && state.ownTimeline == 0 && !tracks[track].hasTextMatches
    }
  }

  /// The tracks that the current record concerns.
  private struct Present {
    /// Whether at least one has a value.
    var any = false
    /// Whether one that shares the subject's timeline has a value.
    var shared = false
    /// Whether one that shares the subject's timeline has none.
    var lacking = false
    /// Whether one that has, or needs, a timeline of its own has a value.
    var others = false
  }

  /// Reads the values of all tracks.
  private mutating func gather<View: RecordView & ~Copyable>(
    _ record: borrowing View, of subject: Subject
  ) -> Present {
    var present = Present()
    let isNew = subject.timeline.pointee.time == Timeline.never
    for track in 0..<trackCount {
      let state = subject.tracks[track]
      var value = Double.nan
      if state.isCovered {
        switch record.field(tracks[track].slot) {
        case .number(let number):
          if !tracks[track].hasTextMatches || matches(record, track) { value = number }
        case .absent:
          break
        case .notNumber(let kind):
          noteBad(kind, record, track, subject)
        }
      }
      hand.values[track] = value
      let sharesTimeline = state.ownTimeline == 0 && (state.isBorn || isNew)
      if value == value {
        present.any = true
        if sharesTimeline { present.shared = true } else { present.others = true }
      } else if sharesTimeline, state.isBorn {
        present.lacking = true
      }
    }
    return present
  }

  /// Takes the value of the current record, which counts for this track.
  mutating func take(_ track: Int, of subject: Subject, _ step: Step, into transitions: inout [Transition]) {
    let state = subject.tracks + track
    let value = hand.values[track]
    state.pointee.value = value
    if !state.pointee.isBorn {
      state.pointee.isBorn = true
      noteBorn(track, subject)
    }
    if !state.pointee.isActive, value >= tracks[track].low, value <= tracks[track].high { return }
    evaluate(value, track, of: subject, step, into: &transitions)
  }
}
