import Records

/// All state of one partition, and what it takes to change it.
///
/// A struct behind a pointer, so that the hot path pays for no exclusivity check of a class. For each subject there is
/// one block of plain bytes (`Subject`); whoever wants to write state down, or to take changes back, copies blocks.
/// A series that needs more than its `SeriesState` has it in pools beside `timelines`, as plain bytes, too.
///
/// Its methods are `mutating` also where they only read: what isn't takes a struct of this size apart field by field,
/// at which the compiler is slow, half of this library's build in all.
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
  var subjects: SubjectTable
  /// Timelines of tracks that don't go with their subject's.
  var timelines = Pool<Timeline>()
  var rows = Pool<IgnoredRow>()
  var earlierBoots = Pool<EarlierBoots>()
  /// Of the series that need more than their `SeriesState`.
  var details = Pool<SeriesDetail>()
  var votes = Pool<Votes>()
  var windows: WindowRoom
  var counters = EngineCounters()
  /// For each rule, records with something else than a finite number where it looks.
  var bad: [Int]
  /// Which of these were said.
  var saidBad: [Bool]
  var happenings: [Happening] = []
  /// Places for subjects, shared with the other partitions of the process.
  let room: SubjectRoom
  /// Whom there was no place for.
  var refusals: Refusals
  /// Of whom the log was told that their numbers, or their names, aren't theirs alone.
  var told = ToldOfNumbers()
  /// The values of the record in hand, one for each track; NaN: nothing that counts.
  var values: UnsafeMutablePointer<Double>
  /// The rules whose transitions the record in hand has made, in the order in which it did.
  var madeBy: [Int] = []
  /// That is the order of the rules.
  var isMadeInOrder = true
  /// What changed since it was last written to the changelog.
  var unwritten = Unwritten()
  /// What must stand in the changelog together with the next position.
  var urgent = Urgent()
  /// Milliseconds on the monotonic clock: since when a subject's change waits to be written.
  var now: Int64 = 0
  /// The log's time: the greatest Kafka time so far; -1: none.
  var logTime: Int64 = -1
  /// Which of its lives the topic lives: one more each time that it was deleted and created again.
  var epoch: UInt32 = 0
  /// When each subject may have been silent for too long, on the clock of `now`, where the rules watch silence.
  var silences = Deadlines()
  /// The log's time at, or before, the last record of each subject.
  var idle = Deadlines()
  /// The log's time at which somebody may have been idle for `forget_after`.
  var forgetAt = Int64.max
  /// To one of the rules silence means something.
  private var watchesSilence: Bool
  /// While state is restored: for each block, the offset before which records are in it already.
  var covered: [Int64] = []
  /// The greatest of these.
  var highestCovered: Int64 = 0
  /// See `Engine.movedPrefix`.
  var movedPrefix: [UInt8] = []
  /// The same while: chunks that wait for their checkpoint, by their numbers and where they are in the pool.
  var waiting: [ChunkOwner: [UInt32: UInt32]] = [:]
  /// Chunks of tracks that are no more; taken away little by little. Bounded by what the changelog has of these.
  var leftover = GoneRecords()

  /// The hashes of the last two keys that were expected, latest first.
  private var expected: (UInt64, UInt64) = (0, 0)

  /// How many happenings wait to be taken.
  static let happeningLimit = 64

  init(_ layout: Layout, topic: String, partition: Int32, room: SubjectRoom, refusals: Refusals) {
    self.room = room
    self.refusals = refusals
    let rules = layout.rules
    self.layout = layout
    self.topic = topic
    self.partition = partition
    keylessSuffix = Array("#\(partition)".utf8)
    keylessFrom = .max
    subjects = SubjectTable(blockSize: layout.blockSize, seriesCount: layout.seriesCount)
    bad = Array(repeating: 0, count: rules.rules.count)
    saidBad = Array(repeating: false, count: rules.rules.count)
    (tracks, trackCount) = (layout.tracks, layout.trackCount)
    windows = WindowRoom(maxSamples: rules.bounds.maxSamples)
    watchesSilence = layout.watchesSilence
    values = .allocate(capacity: max(1, trackCount))
  }

  /// Works with another layout from now on; the blocks must follow.
  mutating func adopt(_ next: Layout) {
    layout = next
    (tracks, trackCount) = (layout.tracks, layout.trackCount)
    windows.maxSamples = next.rules.bounds.maxSamples
    watchesSilence = next.watchesSilence
    values.deallocate()
    values = .allocate(capacity: max(1, trackCount))
  }

  deinit {
    values.deallocate()
    room.give(counters.subjects)
  }

  /// Fetches ahead for a record that comes soon: where to look for its subject now, and the subject itself two calls
  /// later, when the place to look is there.
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
    counters.records += 1
    if logTime >= forgetAt { forgetIdle(at: offset, into: &transitions) }
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
    let (plans, count, values) = (tracks, trackCount, values)
    // Where silence is watched, each record leaves a sign of life: nothing is quiet.
    var isQuiet = !watchesSilence
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
    guard let gap = advancePlainly(subject.timeline, record, offset) else { return false }
    if isQuiet {
      track = 0
      while track < count {
        // Of a track that doesn't cover the subject nobody looks at it.
        states[track].value = values[track]
        track &+= 1
      }
    } else {
      if watchesSilence { noteSigns(subject) }
      takeAll(subject, Step(kind: .counts, gap: gap), record.time, offset, &transitions)
    }
    return true
  }

  /// Takes the values of the record in hand, which counts, into all tracks.
  @inline(never)
  private mutating func takeAll(
    _ subject: Subject, _ step: Step, _ time: Int64, _ offset: Int64, _ transitions: inout [Transition]
  ) {
    let start = transitions.count
    for track in 0..<trackCount where !values[track].isNaN {
      take(values[track], track, of: subject, step, time, offset, start, &transitions)
    }
    if !isMadeInOrder { putInOrder(&transitions, from: start) }
  }

  /// Any record.
  @inline(never)
  private mutating func applyAnyhow<View: RecordView & ~Copyable>(
    _ record: borrowing View, _ subject: Subject, _ offset: Int64, _ transitions: inout [Transition]
  ) {
    let present = gather(record, of: subject, offset: offset)
    if !present.any { return }
    let start = transitions.count
    var ignored = Ignored()
    let hasBegun = subject.timeline.pointee.time != Timeline.never
    if present.shared {
      if present.lacking { diverge(subject) }
      let step = advance(subject.timeline, record, offset: offset)
      ignored.note(step)
      if watchesSilence, !step.isSameAgain { noteSharedSigns(subject, hasBegun: hasBegun) }
      if step.counts {
        for track in 0..<trackCount where !values[track].isNaN {
          if subject.tracks[track].ownTimeline != 0 { continue }
          if hasBegun, !subject.tracks[track].isBorn { continue }
          take(values[track], track, of: subject, step, record.time, offset, start, &transitions)
        }
      }
    }
    if present.others { applyToOwn(record, subject, offset, start, &ignored, &transitions) }
    if !isMadeInOrder { putInOrder(&transitions, from: start) }
    subject.header.pointee.isPlain = isPlain(subject)
    count(ignored, record, subject, offset: offset)
  }

  /// The same as `noteSigns`, for the tracks that go with the subject's timeline.
  private mutating func noteSharedSigns(_ subject: Subject, hasBegun: Bool) {
    for track in 0..<trackCount where !values[track].isNaN {
      let state = subject.tracks[track]
      if state.ownTimeline == 0, !hasBegun || state.isBorn { noteSign(track, subject) }
    }
  }

  private mutating func isPlain(_ subject: Subject) -> Bool {
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
    _ record: borrowing View, of subject: Subject, offset: Int64
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
          noteBad(kind, record, track, subject, offset)
        }
      }
      values[track] = value
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

  /// Takes a value that counts into its track.
  mutating func take(
    _ value: Double, _ track: Int, of subject: Subject, _ step: Step, _ time: Int64, _ offset: Int64, _ start: Int,
    _ transitions: inout [Transition]
  ) {
    let state = subject.tracks + track
    state.pointee.value = value
    if !state.pointee.isBorn {
      state.pointee.isBorn = true
      noteBorn(track, subject)
    }
    if !state.pointee.isActive, value >= tracks[track].low, value <= tracks[track].high { return }
    evaluate(value, track, of: subject, step, time, offset, start, &transitions)
  }
}
