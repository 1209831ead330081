import Platform

/// What the partitions of a topic, or of all topics, add up to in one round.
struct GroupTally: Equatable {
  /// Partitions with a committed offset.
  var partitions: Int64 = 0
  /// Those whose leader gives no answer.
  var missing: Int64 = 0
  var lag: Int64 = 0
  var lagMax: Int64 = 0
  var progress: Int64 = 0
  /// The least Kafka time of a partition's first readable record; nil if nothing readable is known.
  var oldest: Int64?
  /// Whether each partition with lag has a first record whose time is known, or surely none.
  var isTimeKnown = true
  /// Whether the meter may not read a partition.
  var isRefused = false
  var isReadable = false
  var hasMoved = false
  var isRewinding = false
  /// Whether an earlier round saw a partition.
  var hasPrevious = false

  /// Adds a partition. Returns what the next round compares with.
  ///
  /// - Parameters:
  ///   - committed: not negative.
  ///   - before: what the last round saw; nil if it didn't see the partition.
  ///   - hasHistory: whether there was a round before this one: a partition that it didn't see has got its first
  ///     commit since.
  mutating func add(
    _ seen: GroupAnswer.Lane, committed: Int64, before: GroupState.Lane?, hasHistory: Bool
  ) -> GroupState.Lane {
    let log = LogEnds(seen)
    partitions += 1
    if let before { compare(committed, log, with: before) } else if hasHistory { hasMoved = true }
    var lane = GroupState.Lane(
      committed: committed, start: log?.start ?? before?.start ?? 0, end: log?.end ?? before?.end ?? committed,
      first: .unknown)
    if let before { lane.first = before.first(from: lane.position, in: log) }
    if seen.firstRecord != .unknown { lane.first = seen.firstRecord }
    if lane.first == .refused { isRefused = true }
    guard let log else {
      missing += 1
      isTimeKnown = false
      return lane
    }
    let lag = log.end - log.nearest(to: committed)
    self.lag = self.lag.addingSaturating(lag)
    lagMax = max(lagMax, lag)
    // Behind an open transaction, or at the end: there is nothing that the group could read.
    if lane.position < log.readableEnd { note(lane.first, upTo: log.readableEnd) }
    return lane
  }

  private mutating func compare(_ committed: Int64, _ log: LogEnds?, with before: GroupState.Lane) {
    hasPrevious = true
    if committed != before.committed { hasMoved = true }
    // What lay below the log's start was gone, not consumed.
    if committed > before.position { progress = progress.addingSaturating(committed - before.position) }
    guard let log else { return }
    if log.end < before.end {
      // Another log, or one that was cut: offsets don't mean what they meant.
      hasMoved = true
    } else if log.nearest(to: committed) < log.nearest(to: before.committed) {
      isRewinding = true
    }
  }

  private mutating func note(_ first: GroupAnswer.FirstRecord, upTo end: Int64) {
    switch first {
    case .nothing(let before) where before >= end: break
    case .record(let time):
      isReadable = true
      if time < 0 { isTimeKnown = false } else { oldest = min(oldest ?? time, time) }
    case .nothing, .unknown, .refused: isTimeKnown = false
    }
  }

  /// Adds another topic. One that the group has left only counts in numbers of records.
  mutating func add(_ other: GroupTally, isLeft: Bool) {
    partitions += other.partitions
    missing += other.missing
    lag = lag.addingSaturating(other.lag)
    lagMax = max(lagMax, other.lagMax)
    progress = progress.addingSaturating(other.progress)
    hasMoved = hasMoved || other.hasMoved
    hasPrevious = hasPrevious || other.hasPrevious
    if isLeft { return }
    if let time = other.oldest { oldest = min(oldest ?? time, time) }
    isTimeKnown = isTimeKnown && other.isTimeKnown
    isRefused = isRefused || other.isRefused
    isReadable = isReadable || other.isReadable
    isRewinding = isRewinding || other.isRewinding
  }
}

extension StreamReading {
  /// What a reading has beside what is added up.
  struct GroupFrame {
    var now: Int64
    /// The time since the last round, milliseconds; nil if progress and state are left out.
    var length: Int64?
    /// Nil if unknown.
    var members: Int?
    /// Nil to leave it out.
    var condition: GroupCondition?
    /// Whether the age of what waits is left out.
    var isLeft = false
  }

  /// The reading of a group (`group`, its name) or of one of its topics.
  init(_ parts: [String], kind: String, _ tally: GroupTally, _ frame: GroupFrame) {
    self.init(
      subject: Self.subject(parts), kind: kind, end: WallTime(milliseconds: frame.now), numbers: [])
    if let condition = frame.condition, !tally.isRefused { texts = [("state", condition.word)] }
    if tally.partitions > 0, tally.missing == 0 {
      numbers += [("lag", Double(tally.lag)), ("lag_max", Double(tally.lagMax))]
      if tally.isTimeKnown, !frame.isLeft {
        numbers.append(("lag_seconds", tally.oldest.map { Double(max(0, frame.now - $0)) / 1000 } ?? 0))
      }
    }
    let progress = tally.isRefused || !tally.hasPrevious ? nil : frame.length
    if progress != nil { numbers.append(("progress", Double(tally.progress))) }
    if let members = frame.members { numbers.append(("members", Double(members))) }
    if let condition = frame.condition, !tally.isRefused {
      numbers.append(("state_code", Double(condition.rawValue)))
    }
    numbers += [("partitions", Double(tally.partitions)), ("partitions_missing", Double(tally.missing))]
    if let progress { numbers.append(("interval_ms", Double(progress))) }
  }
}
