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
  /// Its `IgnoredRow`; 0: the last record was none that is in one.
  var row: UInt32 = 0
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
