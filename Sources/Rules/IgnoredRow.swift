/// The last records in a row that were ignored. They distinguish a clock set back from stragglers, and restarted
/// numbers from records that are sent again.
struct IgnoredRow: BitwiseCopyable {
  /// One of these records.
  struct Entry: BitwiseCopyable {
    /// Event time.
    var time: Int64
    /// Kafka time; -1 if none.
    var kafkaTime: Int64
    /// The sequence, in a row of numbers.
    var sequence: Int64 = 0
  }

  /// The kind of the row. 0: its records are before the series' last one. Otherwise they have no time of their own, and
  /// their numbers aren't above the last one of this boot.
  var boot: UInt64 = 0
  /// The last record.
  var last: Entry
  /// If there are at least two: in a row of times, the one before the last; in a row of numbers, the first one from
  /// which they rise.
  var before: Entry?
  /// How far the first record of the row was behind the series, in milliseconds.
  var behind: Int64

  /// Whether `entry`, the third late record in a row, shows that the clock was set back: the times of the three rise,
  /// and Kafka's time advanced at least half as much as theirs. (Records that are sent again come faster than they were
  /// made.) Without Kafka times nothing shows it.
  func showsSetBack(with entry: Entry) -> Bool {
    guard let first = before, first.time < last.time, last.time < entry.time else { return false }
    guard first.kafkaTime >= 0, entry.kafkaTime >= 0 else { return false }
    let advance = entry.time &- first.time
    return entry.kafkaTime &- first.kafkaTime >= advance / 2 &+ advance % 2
  }

  /// For how long a row of a stream's records must last, in milliseconds, unless it catches up before.
  static let longestBacklog: Int64 = 600_000

  /// Whether a row of a stream's records that goes on with `entry` has lasted long enough for a clock set back. Their times
  /// are Kafka's, so nothing tells the pace at which they were sent: a producer that was away may send minutes at once.
  /// `time` is that of the series' last record.
  func hasLasted(upTo entry: Entry, behind time: Int64) -> Bool {
    entry.time &- (time &- behind) >= IgnoredRow.longestBacklog
  }

  /// The longest time for which rising numbers may be ignored, whatever their pace, in milliseconds: sending records
  /// again doesn't take this long, and a producer that has become faster isn't ignored for longer.
  static let longestDoubt: Int64 = 60_000

  /// Whether `entry`, the third or a later one in a row, shows that the numbers began anew: they rise with Kafka's
  /// time, and took at least half the time that so many records take at the `usualGap` (0 if unknown).
  func showsNewNumbers(with entry: Entry, usualGap: Int64) -> Bool {
    guard let first = before, isRisen(by: entry) else { return false }
    let (usual, isOver) = (entry.sequence &- first.sequence).multipliedReportingOverflow(by: usualGap)
    let advance = entry.time &- first.time
    return advance >= IgnoredRow.longestDoubt || !isOver && advance >= usual / 2 &+ usual % 2
  }

  /// Adds a record to a row of times.
  mutating func take(late entry: Entry) { (before, last) = (last, entry) }

  /// Adds a record to a row of numbers.
  mutating func take(numbered entry: Entry) {
    before = isRisen(by: entry) ? before ?? last : nil
    last = entry
  }

  /// Whether the number rises with Kafka's time.
  private func isRisen(by entry: Entry) -> Bool { entry.sequence > last.sequence && entry.time > last.time }
}
