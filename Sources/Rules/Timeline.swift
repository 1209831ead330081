/// What series know of time and order. Series of one subject that counted the same records share one.
///
/// Plain bytes without references but for the two pool numbers, so that a subject's state can be copied and compared.
struct Timeline: BitwiseCopyable {
  /// `time` of a timeline at which nothing has counted yet.
  static let never = Int64.min
  /// How many gaps the default of `no_data_after` looks at.
  static let gapCount = 5

  /// Event time of the last record that counted, milliseconds.
  var time = Timeline.never
  /// Where that record stands.
  var offset: Int64 = -1
  /// The boot that `sequence` belongs to; 0: none was ever named.
  var boot: UInt64 = 0
  /// The last sequence of that boot; -1: none.
  var sequence: Int64 = -1
  /// The last gaps between differing times, newest first; 0 where there are fewer.
  var gaps = InlineArray<5, Int64>(repeating: 0)
  /// Its `LateRow`; 0: the last record wasn't late.
  var lateRow: UInt32 = 0
  /// Its `EarlierBoots`; 0: it has seen one boot at most.
  var earlierBoots: UInt32 = 0

  /// Notes how long after its predecessor a record came.
  @inline(__always)
  mutating func push(gap: Int64) {
    gaps[4] = gaps[3]
    gaps[3] = gaps[2]
    gaps[2] = gaps[1]
    gaps[1] = gaps[0]
    gaps[0] = gap
  }

  /// The median of the gaps, the upper one of an even number; nil while there are fewer than two.
  var medianGap: Int64? {
    var sorted = gaps
    var count = 0
    while count < Timeline.gapCount, gaps[count] > 0 {
      // Insertion: five at most.
      var place = count
      while place > 0, sorted[place - 1] > gaps[count] {
        sorted[place] = sorted[place - 1]
        place -= 1
      }
      sorted[place] = gaps[count]
      count += 1
    }
    return count >= 2 ? sorted[count / 2] : nil
  }

  /// Whether the median would come out the same now and later.
  func hasSameGaps(as other: Timeline) -> Bool {
    (0..<Timeline.gapCount).allSatisfy { gaps[$0] == other.gaps[$0] }
  }
}

/// The last late records in a row: what tells a clock that was set back from stragglers.
struct LateRow: BitwiseCopyable {
  /// One late record.
  struct Entry: BitwiseCopyable {
    /// Event time.
    var time: Int64
    /// Kafka time; -1: none.
    var kafkaTime: Int64
  }

  /// The last one.
  var last: Entry
  /// The one before it, where there are two.
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
}

/// The boots that a series saw before the current one, latest first, each with its last sequence.
struct EarlierBoots: BitwiseCopyable {
  /// How many are remembered; a record of a boot before them is told by its time alone.
  static let count = 7

  var boots = InlineArray<7, UInt64>(repeating: 0)
  var sequences = InlineArray<7, Int64>(repeating: -1)

  /// Remembers the boot that was current until now, and takes out the one that is; gives its last sequence, -1 for a
  /// boot that isn't known.
  mutating func exchange(_ current: UInt64, _ sequence: Int64, for boot: UInt64) -> Int64 {
    var place = 0
    while place < EarlierBoots.count - 1, boots[place] != boot, boots[place] != 0 { place += 1 }
    let known = boots[place] == boot ? sequences[place] : -1
    while place > 0 {
      boots[place] = boots[place - 1]
      sequences[place] = sequences[place - 1]
      place -= 1
    }
    boots[0] = current
    sequences[0] = sequence
    return known
  }

  static func == (a: EarlierBoots, b: EarlierBoots) -> Bool {
    (0..<count).allSatisfy { a.boots[$0] == b.boots[$0] && a.sequences[$0] == b.sequences[$0] }
  }
}
