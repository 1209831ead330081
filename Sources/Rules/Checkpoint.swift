import Records

/// A checkpoint as it was read: complete and plausible, but not yet applied to a subject.
struct Checkpoint {
  /// A timeline, and the engine's pool elements that belong to it.
  struct Line {
    var timeline = Timeline()
    var row: IgnoredRow?
    var earlierBoots: EarlierBoots?
  }

  /// One life of a rule.
  struct Life {
    var number: UInt32
    var state = SeriesState()
    var detail = SeriesDetail()
    var votes: Votes?
    var window: StoredWindow?
  }

  /// A track, and the lives that shared it.
  struct Track {
    var value: Double
    var own: Line?
    var samples: StoredSamples?
    var lives: [Life]
  }

  /// The checkpoint is true before the record at this offset.
  var position: Int64
  /// The life of the topic that the offset belongs to.
  var epoch: UInt32
  /// The log's time at the subject's last record; -1 if the log had none.
  var seen: Int64
  /// Whether the name ends in the partition.
  var isKeyless: Bool
  var timeline: Line?
  var tracks: [Track] = []

  /// Reads a whole value, whose seal must match `key`.
  init(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) throws(ChangelogProblem) {
    var (version, reader) = try BinaryReader.sealed(
      value, for: key, version: CheckpointFormat.version, checksumSince: 3)
    let flags = try reader.byte()
    guard flags & ~(CheckpointFormat.isKeyless | CheckpointFormat.hasTimeline) == 0 else { throw .impossible("flags") }
    isKeyless = flags & CheckpointFormat.isKeyless != 0
    position = try reader.signed()
    guard position >= 0 else { throw .impossible("position") }
    epoch = try reader.number32("epoch")
    if flags & CheckpointFormat.hasTimeline != 0 { timeline = try Line(from: &reader, position, version) }
    seen = (timeline?.timeline.time ?? 0) &+ (try reader.signed())
    guard seen >= -1, seen <= RecordReader.times.upperBound else { throw .impossible("time") }
    for _ in 0..<(try reader.count(ofSize: 9)) {
      tracks.append(try Track(from: &reader, position, version, shared: timeline?.timeline.time))
    }
    try reader.end()
  }
}

extension Checkpoint.Track {
  fileprivate init(
    from reader: inout BinaryReader, _ position: Int64, _ version: UInt8, shared: Int64?
  ) throws(ChangelogProblem) {
    let head = try reader.unsigned()
    value = try reader.double()
    guard value.isFinite else { throw .impossible("value") }
    if head & 1 != 0 { own = try Checkpoint.Line(from: &reader, position, version) }
    guard let time = own?.timeline.time ?? shared else { throw .impossible("timeline") }
    guard head >> 2 <= UInt64(reader.left) else { throw .length }
    if head & 2 != 0 { samples = try StoredSamples(from: &reader, time) }
    lives = []
    var last: UInt64 = 0
    for _ in 0..<(head >> 2) {
      let entry = try reader.unsigned()
      let number = last &+ entry >> 1
      guard number > last, number < UInt64(RuleNumbers.limit) else { throw .impossible("life") }
      last = number
      var life = Checkpoint.Life(number: UInt32(number))
      if entry & 1 != 0 { try life.read(from: &reader, time) }
      if let samples { life.window = try StoredWindow(from: &reader, time, samples) }
      lives.append(life)
    }
  }
}

extension Checkpoint.Line {
  fileprivate init(
    from reader: inout BinaryReader, _ position: Int64, _ version: UInt8
  ) throws(ChangelogProblem) {
    let flags = try reader.byte()
    let gaps = Int(flags >> CheckpointFormat.gapsShift & CheckpointFormat.gapsMask)
    guard gaps <= Timeline.gapCount else { throw .impossible("gaps") }
    let isOfNumbers = flags & CheckpointFormat.hasRowOfNumbers != 0
    guard !isOfNumbers || version >= 2 && flags & CheckpointFormat.hasRow != 0 else { throw .impossible("flags") }
    timeline.time = try reader.time()
    timeline.offset = position &- (try reader.signed())
    guard timeline.offset >= -1 else { throw .impossible("offset") }
    if flags & CheckpointFormat.hasBoot != 0 {
      timeline.boot = try reader.fixed()
      timeline.sequence = try reader.signed()
      guard timeline.boot != 0, timeline.sequence >= -1 else { throw .impossible("boot") }
    }
    var last: Int64 = 0
    for place in 0..<gaps {
      last &+= try reader.signed()
      // No two times are further apart; this keeps the sum of three gaps from overflowing.
      guard (1...RecordReader.times.upperBound * 2).contains(last) else { throw .impossible("gap") }
      timeline.gaps[place] = last
    }
    if flags & CheckpointFormat.hasRow != 0 {
      let hasTwo = flags & CheckpointFormat.hasTwoInRow != 0
      row = try IgnoredRow(from: &reader, timeline.time, ofNumbers: isOfNumbers, two: hasTwo)
    }
    if flags & CheckpointFormat.hasEarlierBoots != 0 { earlierBoots = try EarlierBoots(from: &reader, version) }
  }
}

extension Checkpoint.Life {
  fileprivate mutating func read(from reader: inout BinaryReader, _ time: Int64) throws(ChangelogProblem) {
    let all = try reader.unsigned()
    let flags = UInt8(truncatingIfNeeded: all)
    guard let silence = UInt8(exactly: all >> CheckpointFormat.silenceShift).flatMap({ Silence(rawValue: $0) }) else {
      throw .impossible("silence")
    }
    state.silence = silence
    guard let level = Level(rawValue: flags & 3), let alert = Level(rawValue: flags >> CheckpointFormat.alertShift & 3)
    else { throw .impossible("level") }
    (state.level, state.alert) = (level, alert)
    if flags & CheckpointFormat.hasSinceWarning != 0 { state.sinceWarning = try reader.time(before: time) }
    if flags & CheckpointFormat.hasSinceCritical != 0 { state.sinceCritical = try reader.time(before: time) }
    if flags & CheckpointFormat.hasChanged != 0 {
      detail.changed = try reader.time(before: time)
      detail.changedSince = try reader.time(before: time)
    }
    if flags & CheckpointFormat.hasVotes != 0 { votes = try Votes(from: &reader) }
    guard state.isFiring == (flags & CheckpointFormat.hasChanged != 0) else { throw .impossible("alert") }
    guard !state.isCalm || votes != nil || silence != .none else { throw .impossible("level") }
    guard silence == .none || (silence == .fired) == state.isFiring else { throw .impossible("silence") }
  }
}

extension Votes {
  fileprivate init(from reader: inout BinaryReader) throws(ChangelogProblem) {
    let words = try reader.count(ofSize: 2)
    guard (1...4).contains(words) else { throw .impossible("at_least") }
    var warning = InlineArray<4, UInt64>(repeating: 0)
    var critical = warning
    for word in 0..<words {
      warning[word] = try reader.unsigned()
      critical[word] = try reader.unsigned()
    }
    guard let votes = Votes(warning: warning, critical: critical) else { throw .impossible("at_least") }
    self = votes
  }
}

extension StoredSamples {
  fileprivate init(from reader: inout BinaryReader, _ time: Int64) throws(ChangelogProblem) {
    track = try reader.number32("track")
    first = try reader.number32("chunk")
    closed = try reader.number32("chunk")
    guard first < UInt32.max / 2, closed < FixedPoint.maxCount else { throw .impossible("chunk") }
    let count = try reader.count()
    guard count < SampleChunk.size else { throw .impossible("chunk") }
    open = count > 0 ? try reader.samples(count, base: time) : []
  }
}

extension StoredWindow {
  fileprivate init(
    from reader: inout BinaryReader, _ time: Int64, _ samples: StoredSamples
  ) throws(ChangelogProblem) {
    count = try reader.number32("window")
    guard Int(count) <= min(FixedPoint.maxCount, Int(samples.closed) * SampleChunk.size + samples.open.count) else {
      throw .impossible("window")
    }
    x = try reader.optional("window") { reader throws(ChangelogProblem) in try reader.double() } ?? .nan
    xTime = try reader.optional("window") { reader throws(ChangelogProblem) in try reader.time(before: time) } ?? .min
    guard !x.isInfinite else { throw .impossible("window") }
  }
}

extension IgnoredRow {
  fileprivate init(
    from reader: inout BinaryReader, _ time: Int64, ofNumbers: Bool, two: Bool
  ) throws(ChangelogProblem) {
    behind = try reader.signed()
    if ofNumbers {
      boot = try reader.fixed()
      guard boot != 0 else { throw .impossible("boot") }
    }
    last = try Entry(from: &reader, time, hasNumber: ofNumbers)
    if two { before = try Entry(from: &reader, time, hasNumber: ofNumbers) }
  }
}

extension IgnoredRow.Entry {
  fileprivate init(from reader: inout BinaryReader, _ time: Int64, hasNumber: Bool) throws(ChangelogProblem) {
    self.time = try reader.time(before: time)
    kafkaTime = try reader.signed()
    guard kafkaTime >= -1 else { throw .impossible("Kafka time") }
    if hasNumber {
      sequence = try reader.signed()
      guard sequence >= 0 else { throw .impossible("sequence") }
    }
  }
}

extension EarlierBoots {
  fileprivate init(from reader: inout BinaryReader, _ version: UInt8) throws(ChangelogProblem) {
    self.init()
    let known = try reader.count(ofSize: 9)
    guard known <= EarlierBoots.count else { throw .impossible("boots") }
    for place in 0..<known {
      boots[place] = try reader.fixed()
      sequences[place] = try reader.signed()
      guard boots[place] != 0, sequences[place] >= -1 else { throw .impossible("boot") }
    }
    if version >= 2 { turns = try reader.byte() }
    guard turns <= EarlierBoots.turnsKept else { throw .impossible("boots") }
  }
}

extension BinaryReader {
  fileprivate mutating func time() throws(ChangelogProblem) -> Int64 {
    let time = try signed()
    guard RecordReader.times.contains(time) else { throw .impossible("time") }
    return time
  }

  fileprivate mutating func time(before later: Int64) throws(ChangelogProblem) -> Int64 {
    let time = later &- (try signed())
    guard RecordReader.times.contains(time) else { throw .impossible("time") }
    return time
  }
}
