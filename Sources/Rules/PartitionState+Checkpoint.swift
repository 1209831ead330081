import Records

// A checkpoint is the whole state of one subject; `docs/architecture.md` shows it byte by byte. It leaves out what
// follows from the rules and the rest: which tracks cover the subject, which series are quiet, what was logged.

/// Versions and flags of a checkpoint, for writer and reader.
enum CheckpointFormat {
  /// Version 1 had no rows of numbers, and no turns beside the earlier boots; before 3 the checksum was statusd's own.
  static let version: UInt8 = 3
  /// The version of a chunk; in 1 the checksum was statusd's own.
  static let chunkVersion: UInt8 = 2

  /// The subject's flags.
  static let isKeyless: UInt8 = 1
  static let hasTimeline: UInt8 = 2

  /// A timeline's flags; the number of its gaps is in the bits above them.
  static let hasBoot: UInt8 = 1
  static let hasRow: UInt8 = 2
  static let hasEarlierBoots: UInt8 = 4
  static let hasTwoInRow: UInt8 = 8
  static let gapsShift: UInt8 = 4
  static let gapsMask: UInt8 = 7
  static let hasRowOfNumbers: UInt8 = 128

  /// A series' flags; the level is in the lowest two bits, the alert's level above them.
  static let alertShift: UInt8 = 2
  static let hasSinceWarning: UInt8 = 16
  static let hasSinceCritical: UInt8 = 32
  static let hasChanged: UInt8 = 64
  static let hasVotes: UInt8 = 128
  /// The state of a series' silence is in the bits above the other flags.
  static let silenceShift: UInt64 = 8
}

extension PartitionState {
  /// Called when the record at `offset` is the first to change the subject in block `number` since its checkpoint.
  @inline(never)
  mutating func noteChange(of subject: Subject, offset: Int64) {
    guard let number = subjects.number(of: subject) else { return }
    subject.header.pointee.isUnwritten = true
    debt.append(number, offset: offset, logTime: logTime, now: now)
  }

  /// Whether the subject has any state that a new one hasn't.
  func hasState(_ subject: Subject) -> Bool { (0..<trackCount).contains { subject.tracks[$0].isBorn } }

  /// Writes the whole state of a subject; it is true before the record at `position`.
  func write(_ subject: Subject, position: Int64, to writer: inout BinaryWriter) {
    let hasTimeline = subject.timeline.pointee.time != Timeline.never
    let header = subject.header.pointee
    writer.byte(CheckpointFormat.version)
    writer.byte(
      (header.hostLength < header.length ? CheckpointFormat.isKeyless : 0)
        | (hasTimeline ? CheckpointFormat.hasTimeline : 0))
    writer.signed(position)
    writer.unsigned(UInt64(epoch))
    if hasTimeline { timelines.write(subject.timeline.pointee, position, &writer) }
    writer.signed(subject.seen(trackCount).pointee &- (hasTimeline ? subject.timeline.pointee.time : 0))
    writer.count((0..<trackCount).count { subject.tracks[$0].isBorn })
    for track in layout.tracksByLife where subject.tracks[track].isBorn {
      let state = subject.tracks[track]
      writer.count(
        tracks[track].seriesCount << 2 | (tracks[track].isWindowed ? 2 : 0) | (state.ownTimeline == 0 ? 0 : 1))
      writer.double(state.value)
      var time = subject.timeline.pointee.time
      if state.ownTimeline != 0 {
        let own = timelines[state.ownTimeline].pointee
        timelines.write(own, position, &writer)
        time = own.time
      }
      if tracks[track].isWindowed { series.writeSamples(of: track, layout, subject, time, &writer) }
      writeSeries(of: track, subject, time, &writer)
    }
  }

  /// Writes the lives of a track, in the order of their numbers.
  func writeSeries(
    of track: Int, _ subject: Subject, _ time: Int64, windows: Bool = true, _ writer: inout BinaryWriter
  ) {
    var last: UInt32 = 0
    let first = tracks[track].firstSeries
    for place in first..<(first + tracks[track].seriesCount) {
      let index = layout.seriesByLife[place]
      let life = layout.numbers.lives[layout.series[index].rule]
      let state = subject.series[index]
      series.write(state, life: life, after: last, time, &writer)
      last = life
      if tracks[track].isWindowed, windows { series.writeWindow(state, time, &writer) }
    }
  }
}

extension SeriesStates {
  /// Writes one life of a rule; its number is written as the difference from the one before.
  fileprivate func write(
    _ state: SeriesState, life: UInt32, after last: UInt32, _ time: Int64, _ writer: inout BinaryWriter
  ) {
    let detail = state.detail == 0 ? SeriesDetail() : details[state.detail].pointee
    let hasState = !state.isCalm || detail.votes != 0 || state.silence != .none
    writer.unsigned(UInt64(life - last) << 1 | (hasState ? 1 : 0))
    if !hasState { return }
    state.write(time, detail, to: &writer)
    if detail.votes != 0 { votes[detail.votes].pointee.write(to: &writer) }
  }
}

extension Timelines {
  /// Writes a timeline, including its pool elements.
  func write(_ timeline: Timeline, _ position: Int64, _ writer: inout BinaryWriter) {
    var gaps = 0
    while gaps < Timeline.gapCount, timeline.gaps[gaps] > 0 { gaps += 1 }
    var flags = UInt8(gaps) << CheckpointFormat.gapsShift
    if timeline.boot != 0 { flags |= CheckpointFormat.hasBoot }
    if timeline.earlierBoots != 0 { flags |= CheckpointFormat.hasEarlierBoots }
    if timeline.row != 0 {
      flags |= CheckpointFormat.hasRow
      if rows[timeline.row].pointee.before != nil { flags |= CheckpointFormat.hasTwoInRow }
      if rows[timeline.row].pointee.boot != 0 { flags |= CheckpointFormat.hasRowOfNumbers }
    }
    writer.byte(flags)
    writer.signed(timeline.time)
    writer.signed(position &- timeline.offset)
    if timeline.boot != 0 {
      writer.fixed(timeline.boot)
      writer.signed(timeline.sequence)
    }
    var last: Int64 = 0
    for place in 0..<gaps {
      writer.signed(timeline.gaps[place] &- last)
      last = timeline.gaps[place]
    }
    if timeline.row != 0 { rows[timeline.row].pointee.write(timeline.time, to: &writer) }
    if timeline.earlierBoots != 0 { earlierBoots[timeline.earlierBoots].pointee.write(to: &writer) }
  }
}

extension SeriesState {
  /// Times are written as differences to `time`, the series' last one.
  fileprivate func write(_ time: Int64, _ detail: SeriesDetail, to writer: inout BinaryWriter) {
    var flags = level.rawValue | alert.rawValue << CheckpointFormat.alertShift
    if sinceWarning != SeriesState.unset { flags |= CheckpointFormat.hasSinceWarning }
    if sinceCritical != SeriesState.unset { flags |= CheckpointFormat.hasSinceCritical }
    if detail.changed != SeriesState.unset { flags |= CheckpointFormat.hasChanged }
    if detail.votes != 0 { flags |= CheckpointFormat.hasVotes }
    writer.unsigned(UInt64(flags) | UInt64(silence.rawValue) << CheckpointFormat.silenceShift)
    for since in [sinceWarning, sinceCritical, detail.changed, detail.changedSince] where since != SeriesState.unset {
      writer.signed(time &- since)
    }
  }
}

extension Votes {
  fileprivate func write(to writer: inout BinaryWriter) {
    var words = 4
    while words > 1, warning[words - 1] == 0 { words -= 1 }
    writer.count(words)
    for word in 0..<words {
      writer.unsigned(warning[word])
      writer.unsigned(critical[word])
    }
  }
}

extension IgnoredRow {
  fileprivate func write(_ time: Int64, to writer: inout BinaryWriter) {
    writer.signed(behind)
    if boot != 0 { writer.fixed(boot) }
    for entry in [last, before] {
      guard let entry else { continue }
      writer.signed(time &- entry.time)
      writer.signed(entry.kafkaTime)
      if boot != 0 { writer.signed(entry.sequence) }
    }
  }
}

extension EarlierBoots {
  fileprivate func write(to writer: inout BinaryWriter) {
    let known = (0..<EarlierBoots.count).count { boots[$0] != 0 }
    writer.count(known)
    for place in 0..<known {
      writer.fixed(boots[place])
      writer.signed(sequences[place])
    }
    writer.byte(turns)
  }
}
