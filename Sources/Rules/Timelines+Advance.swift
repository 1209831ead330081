import Records

extension Timeline {
  /// Steps 1 and 2 for the usual record: the next of its boot, later than the last one, after a short gap. Returns the
  /// gap, after doing what `Timelines.advance` would do; or returns nil and changes nothing.
  @inline(__always)
  mutating func advancePlainly<View: RecordView & ~Copyable>(_ record: borrowing View, offset: Int64) -> Int64? {
    let gap = record.time &- time
    guard gap > 0, gap <= Step.shortestHole, row == 0 else { return nil }
    if record.bootHash != 0, record.sequence >= 0 {
      guard record.bootHash == boot, record.sequence > sequence else { return nil }
      sequence = record.sequence
    }
    push(gap: gap)
    time = record.time
    self.offset = offset
    return gap
  }
}

extension Timelines {
  /// Steps 1 and 2: whether the record counts for the series of this timeline, and its relation to the record before.
  @inline(__always)
  mutating func advance<View: RecordView & ~Copyable>(
    _ timeline: UnsafeMutablePointer<Timeline>, _ record: borrowing View, offset: Int64
  ) -> Step {
    let boot = record.bootHash
    let sequence = record.sequence
    if boot != 0, sequence >= 0 {
      guard timeline.pointee.boot == boot, sequence > timeline.pointee.sequence else {
        return advanceOddly(timeline, record, offset)
      }
      timeline.pointee.sequence = sequence
    }
    return advanceByTime(timeline, record, offset)
  }

  /// Takes a record without a number, or with a number above the last one of its boot.
  @inline(__always)
  private mutating func advanceByTime<View: RecordView & ~Copyable>(
    _ timeline: UnsafeMutablePointer<Timeline>, _ record: borrowing View, _ offset: Int64
  ) -> Step {
    let last = timeline.pointee.time
    if record.time < last { return late(timeline, record, offset) }
    if timeline.pointee.row != 0 { endRow(timeline) }
    if record.time == last, record.bringsOwnTime { return .sameAgain }
    return count(timeline, record.time, offset)
  }

  /// Takes a record that counts and isn't before the last one.
  @inline(__always)
  private mutating func count(_ timeline: UnsafeMutablePointer<Timeline>, _ time: Int64, _ offset: Int64) -> Step {
    let last = timeline.pointee.time
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

  /// Takes a record before the series' last one.
  private mutating func late<View: RecordView & ~Copyable>(
    _ timeline: UnsafeMutablePointer<Timeline>, _ record: borrowing View, _ offset: Int64
  ) -> Step {
    let last = timeline.pointee.time
    if last &- record.time <= tolerance {
      if timeline.pointee.row != 0 { endRow(timeline) }
      return count(timeline, last, offset)
    }
    let entry = IgnoredRow.Entry(time: record.time, kafkaTime: record.kafkaTime)
    guard let row = row(of: 0, timeline, beginningAt: entry) else { return Step(kind: .late) }
    if row.pointee.last.time == entry.time, record.bringsOwnTime { return .sameAgain }
    let isLong = tolerance == 0 || row.pointee.hasLasted(upTo: entry, behind: last)
    if isLong, row.pointee.showsSetBack(with: entry) { return setBack(timeline, record.time, offset) }
    row.pointee.take(late: entry)
    return Step(kind: .late)
  }

  /// Takes a record of another boot than the last one, or with a number that isn't above the last one of its boot.
  @inline(never)
  private mutating func advanceOddly<View: RecordView & ~Copyable>(
    _ timeline: UnsafeMutablePointer<Timeline>, _ record: borrowing View, _ offset: Int64
  ) -> Step {
    let sequence = record.sequence
    let takesTurns =
      timeline.pointee.boot == record.bootHash ? false : change(record.bootHash, sequence, of: timeline)
    let known = timeline.pointee.sequence
    var step: Step
    if sequence > known {
      timeline.pointee.sequence = sequence
      step = advanceByTime(timeline, record, offset)
    } else {
      // A repeat has its original's time, so numbers decide only if there is no such time.
      step = record.bringsOwnTime ? advanceByTime(timeline, record, offset) : numbered(timeline, record, offset)
      if step.kind == .late { step.kind = .repeated }
      if step.counts {
        timeline.pointee.sequence = sequence
        step.numbersFellFrom = known
      }
    }
    step.takesTurns = takesTurns
    return step
  }

  /// Takes a record without a time of its own, whose number isn't above the last one of its boot.
  private mutating func numbered<View: RecordView & ~Copyable>(
    _ timeline: UnsafeMutablePointer<Timeline>, _ record: borrowing View, _ offset: Int64
  ) -> Step {
    let entry = IgnoredRow.Entry(time: record.time, kafkaTime: record.kafkaTime, sequence: record.sequence)
    guard let row = row(of: record.bootHash, timeline, beginningAt: entry) else { return Step(kind: .repeated) }
    if row.pointee.showsNewNumbers(with: entry, usualGap: timeline.pointee.medianGap ?? 0) {
      if record.time < timeline.pointee.time { return setBack(timeline, record.time, offset) }
      endRow(timeline)
      return count(timeline, record.time, offset)
    }
    row.pointee.take(numbered: entry)
    return Step(kind: .repeated)
  }

  /// Takes a record that counts although it is before the last one.
  private mutating func setBack(_ timeline: UnsafeMutablePointer<Timeline>, _ time: Int64, _ offset: Int64) -> Step {
    let step = Step(kind: .counts, isSetBack: true, setBackBy: max(0, rows[timeline.pointee.row].pointee.behind))
    endRow(timeline)
    timeline.pointee.time = time
    timeline.pointee.offset = offset
    return step
  }

  /// The current row of this kind; nil if there was none, and one begins with `entry`.
  private mutating func row(
    of boot: UInt64, _ timeline: UnsafeMutablePointer<Timeline>, beginningAt entry: IgnoredRow.Entry
  ) -> UnsafeMutablePointer<IgnoredRow>? {
    let number = timeline.pointee.row
    if number != 0, rows[number].pointee.boot == boot { return rows[number] }
    endRow(timeline)
    let behind = timeline.pointee.time &- entry.time
    timeline.pointee.row = rows.take(IgnoredRow(boot: boot, last: entry, before: nil, behind: behind))
    return nil
  }

  private mutating func endRow(_ timeline: UnsafeMutablePointer<Timeline>) {
    rows.put(timeline.pointee.row)
    timeline.pointee.row = 0
  }

  /// Changes to another boot than that of the last record. Returns whether two boots take turns.
  private mutating func change(_ boot: UInt64, _ sequence: Int64, of timeline: UnsafeMutablePointer<Timeline>) -> Bool {
    var known: Int64 = -1
    var turns: UInt8 = 0
    if timeline.pointee.boot != 0 {
      if timeline.pointee.earlierBoots == 0 { timeline.pointee.earlierBoots = earlierBoots.take(EarlierBoots()) }
      let earlier = earlierBoots[timeline.pointee.earlierBoots]
      known = earlier.pointee.exchange(timeline.pointee.boot, timeline.pointee.sequence, for: boot)
      turns = known >= 0 && sequence > known ? min(earlier.pointee.turns + 1, EarlierBoots.turnsKept) : 0
      earlier.pointee.turns = turns
    }
    timeline.pointee.boot = boot
    timeline.pointee.sequence = known
    return turns >= EarlierBoots.turnsShown
  }
}
