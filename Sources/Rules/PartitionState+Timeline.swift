import Records

/// What step 1 and 2 make of a record, for the series that share a timeline.
struct Step: BitwiseCopyable {
  /// Whether it counts, and if not, why.
  enum Kind: UInt8 { case counts, repeated, late }

  var kind: Kind
  /// It counts because the subject's clock was set back.
  var isSetBack = false
  /// How long after its predecessor it came, milliseconds; 0 for the first one.
  var gap: Int64 = 0
  /// `no_data_after` by default: as the producer's own pace makes plausible.
  var plausibleGap = Step.shortestHole
  /// The producer's usual gap, known where `gap` is longer than `shortestHole`.
  var usualGap: Int64?
  /// How far back the clock was set.
  var setBackBy: Int64 = 0

  /// What the default of `no_data_after` is at least.
  static let shortestHole: Int64 = 60_000

  @inline(__always)
  var counts: Bool { kind == .counts }
}

/// Why a record was ignored by some of its series, or what it meant for them; each is counted once for a record.
struct Ignored {
  var repeated = false
  var late = false
  var setBackBy: Int64?

  @inline(__always)
  mutating func note(_ step: Step) {
    if step.kind == .repeated { repeated = true }
    if step.kind == .late { late = true }
    if step.isSetBack { setBackBy = max(setBackBy ?? 0, step.setBackBy) }
  }
}

extension PartitionState {
  /// Steps 1 and 2 for the usual record: the next of its boot, later than the last one, after a short gap, which it
  /// returns. Does what `advance` would do, or does nothing and gives nil.
  @inline(__always)
  mutating func advancePlainly<View: RecordView & ~Copyable>(
    _ timeline: UnsafeMutablePointer<Timeline>, _ record: borrowing View, _ offset: Int64
  ) -> Int64? {
    let gap = record.time &- timeline.pointee.time
    guard gap > 0, gap <= Step.shortestHole, timeline.pointee.lateRow == 0 else { return nil }
    if record.bootHash != 0, record.sequence >= 0 {
      guard record.bootHash == timeline.pointee.boot, record.sequence > timeline.pointee.sequence else { return nil }
      timeline.pointee.sequence = record.sequence
    }
    timeline.pointee.push(gap: gap)
    timeline.pointee.time = record.time
    timeline.pointee.offset = offset
    return gap
  }

  /// Steps 1 and 2: whether the record counts for the series of this timeline, and what came before it.
  @inline(__always)
  mutating func advance<View: RecordView & ~Copyable>(
    _ timeline: UnsafeMutablePointer<Timeline>, _ record: borrowing View, offset: Int64
  ) -> Step {
    let time = record.time
    let last = timeline.pointee.time
    let boot = record.bootHash
    let sequence = record.sequence
    if boot != 0, sequence >= 0 {
      if timeline.pointee.boot != boot { change(boot, of: timeline) }
      if sequence <= timeline.pointee.sequence {
        if time == last { endRow(timeline) }
        return Step(kind: .repeated)
      }
      timeline.pointee.sequence = sequence
    }
    if time < last { return late(timeline, record, offset: offset) }
    if timeline.pointee.lateRow != 0 { endRow(timeline) }
    if time == last, record.bringsOwnTime { return Step(kind: .repeated) }
    var step = Step(kind: .counts)
    if last != Timeline.never, time != last {
      step.gap = time &- last
      if step.gap > Step.shortestHole {
        step.usualGap = timeline.pointee.medianGap
        if let usual = step.usualGap { step.plausibleGap = max(Step.shortestHole, 3 * usual) }
      }
      timeline.pointee.push(gap: step.gap)
    }
    timeline.pointee.time = time
    timeline.pointee.offset = offset
    return step
  }

  /// A record before the series' last one.
  private mutating func late<View: RecordView & ~Copyable>(
    _ timeline: UnsafeMutablePointer<Timeline>, _ record: borrowing View, offset: Int64
  ) -> Step {
    let entry = LateRow.Entry(time: record.time, kafkaTime: record.kafkaTime)
    let behind = timeline.pointee.time &- record.time
    let number = timeline.pointee.lateRow
    if number == 0 {
      timeline.pointee.lateRow = lateRows.take(LateRow(last: entry, before: nil, behind: behind))
      return Step(kind: .late)
    }
    let row = lateRows[number]
    if row.pointee.last.time == entry.time, record.bringsOwnTime { return Step(kind: .repeated) }
    if row.pointee.showsSetBack(with: entry) {
      let step = Step(kind: .counts, isSetBack: true, setBackBy: row.pointee.behind)
      endRow(timeline)
      timeline.pointee.time = record.time
      timeline.pointee.offset = offset
      return step
    }
    row.pointee.before = row.pointee.last
    row.pointee.last = entry
    return Step(kind: .late)
  }

  private mutating func endRow(_ timeline: UnsafeMutablePointer<Timeline>) {
    lateRows.put(timeline.pointee.lateRow)
    timeline.pointee.lateRow = 0
  }

  /// Another boot than that of the last record speaks.
  private mutating func change(_ boot: UInt64, of timeline: UnsafeMutablePointer<Timeline>) {
    var known: Int64 = -1
    if timeline.pointee.boot != 0 {
      if timeline.pointee.earlierBoots == 0 { timeline.pointee.earlierBoots = earlierBoots.take(EarlierBoots()) }
      known = earlierBoots[timeline.pointee.earlierBoots].pointee.exchange(
        timeline.pointee.boot, timeline.pointee.sequence, for: boot)
    }
    timeline.pointee.boot = boot
    timeline.pointee.sequence = known
  }
}
