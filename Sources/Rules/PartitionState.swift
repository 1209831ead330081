import Records

/// All state of one partition, and what it takes to change it.
///
/// A struct behind a pointer, so that the hot path pays for no exclusivity check of a class. For each subject there is
/// one block of plain bytes (`Subject`); what writes state down, or moves it to another layout, copies blocks. The parts
/// below own what lies beside the blocks, each with the only methods that change it.
struct PartitionState: ~Copyable {
  private(set) var layout: Layout
  /// The layout's tracks, at hand.
  private(set) var tracks: UnsafeMutablePointer<TrackPlan>
  private(set) var trackCount: Int
  let topic: String
  let partition: Int32
  /// What is put behind the name of a subject whose record has no key, from `keylessFrom` on.
  let keylessSuffix: [UInt8]
  var keylessFrom: Int64
  /// Subjects whose names begin so have moved to another topic: see `Engine.movedPrefix`.
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
  /// What is counted here; `counters` adds what the parts count.
  var counted = EngineCounters()

  /// Milliseconds on the monotonic clock: since when a subject's change waits to be written, and who is silent.
  var now: Int64 = 0
  /// The log's time: the greatest Kafka time so far; -1 if there is none yet.
  var logTime: Int64 = -1
  /// Which of its lives the topic lives: one more each time that it was deleted and created again.
  var epoch: UInt32 = 0

  /// The hashes of the last two keys that were expected, latest first.
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
  }

  /// Works with another layout from now on; the blocks must follow.
  mutating func adopt(_ next: Layout) {
    layout = next
    (tracks, trackCount) = (layout.tracks, layout.trackCount)
    series.windows.maxSamples = next.rules.bounds.maxSamples
    silence = SilenceWatch(next)
    idle.limit = next.forgetAfter
    hand = RecordInHand(trackCount: trackCount)
  }

  deinit { admission.room.give(subjects.count) }

  /// What has been counted so far.
  var counters: EngineCounters {
    var counters = counted
    counters.firing = series.firing
    counters.pending = series.pending
    counters.subjects = subjects.count
    counters.refused = admission.refused
    counters.happeningsDropped = remarks.dropped
    return counters
  }

  /// Fetches ahead for a record that comes soon: the place where its subject is looked for now, the subject itself two
  /// calls later, when that place is in the cache.
  @inline(__always)
  mutating func expect(hash: UInt64) {
    subjects.prefetchSlot(hash: hash)
    subjects.prefetchBlock(hash: expected.1)
    expected = (hash, expected.0)
  }

  /// Step 1 to 6 for one record.
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

  /// The usual record, of a subject whose metrics all come together, and just after its last one. Does what
  /// `applyAnyhow` would do, or does nothing and says false.
  @inline(__always)
  private mutating func applyPlainly<View: RecordView & ~Copyable>(
    _ record: borrowing View, _ subject: Subject, _ offset: Int64, _ transitions: inout [Transition]
  ) -> Bool {
    guard subject.header.pointee.isPlain else { return false }
    let states = subject.tracks
    let (plans, count, values) = (tracks, trackCount, hand.values)
    // Where silence is watched, each record leaves a sign of life: nothing is quiet.
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
        // Of a track that doesn't cover the subject nobody looks at it.
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

  /// Takes the values of the record in hand, which counts, into all tracks.
  @inline(never)
  private mutating func takeAll(_ subject: Subject, _ step: Step, into transitions: inout [Transition]) {
    for track in 0..<trackCount where !hand.values[track].isNaN { take(track, of: subject, step, into: &transitions) }
    hand.end(&transitions)
  }

  /// Any record.
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

  /// The same as `noteSigns`, for the tracks that go with the subject's timeline.
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

  /// Which of the tracks the record in hand concerns.
  private struct Present {
    /// One at least has a value.
    var any = false
    /// One that goes with the subject's timeline has a value.
    var shared = false
    /// One that goes with the subject's timeline has none.
    var lacking = false
    /// One that has, or needs, a timeline of its own has a value.
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

  /// Takes the value of the record in hand, which counts for this track.
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
