/// The last records in a row that were ignored: what tells a clock that was set back from stragglers, and numbers that
/// begin anew from records that are sent again.
struct IgnoredRow: BitwiseCopyable {
  /// One of them.
  struct Entry: BitwiseCopyable {
    /// Event time.
    var time: Int64
    /// Kafka time; -1: none.
    var kafkaTime: Int64
    /// The number, where the row is one of numbers.
    var sequence: Int64 = 0
  }

  /// Of what kind it is. 0: its records lie before the series' last one. Else: they have no time of their own, and their
  /// numbers aren't above the last one of this boot.
  var boot: UInt64 = 0
  /// The last one.
  var last: Entry
  /// Where there are two: of times, the one before the last; of numbers, the one from which on they rise.
  var before: Entry?
  /// How far behind the series the first one of the row stood, milliseconds.
  var behind: Int64

  /// Whether `entry`, the third late record in a row, shows that the clock was set back: the three rise among
  /// themselves, and Kafka's time advanced at least half as much as theirs. (A tail that is sent again comes faster
  /// than it was made.) Without Kafka times nothing shows it.
  func showsSetBack(with entry: Entry) -> Bool {
    guard let first = before, first.time < last.time, last.time < entry.time else { return false }
    guard first.kafkaTime >= 0, entry.kafkaTime >= 0 else { return false }
    let advance = entry.time &- first.time
    return entry.kafkaTime &- first.kafkaTime >= advance / 2 &+ advance % 2
  }

  /// How long numbers may rise before they are believed, whatever the pace: a tail that is sent again doesn't take as
  /// long, and a producer that is faster now than it was isn't deaf for longer.
  static let longestDoubt: Int64 = 60_000

  /// Whether `entry`, the third or a later one in a row, shows that the numbers began anew: they rise, Kafka's time with
  /// them, and that at least half as fast as if so many records were made at the `usualGap`; 0: it isn't known.
  func showsNewNumbers(with entry: Entry, usualGap: Int64) -> Bool {
    guard let first = before, isRisen(by: entry) else { return false }
    let (usual, isOver) = (entry.sequence &- first.sequence).multipliedReportingOverflow(by: usualGap)
    let advance = entry.time &- first.time
    return advance >= IgnoredRow.longestDoubt || !isOver && advance >= usual / 2 &+ usual % 2
  }

  /// Takes one more record into a row of times.
  mutating func take(late entry: Entry) { (before, last) = (last, entry) }

  /// Takes one more record into a row of numbers.
  mutating func take(numbered entry: Entry) {
    before = isRisen(by: entry) ? before ?? last : nil
    last = entry
  }

  /// Whether the number rises with Kafka's time.
  private func isRisen(by entry: Entry) -> Bool { entry.sequence > last.sequence && entry.time > last.time }
}
