/// What series know of time and order. Series of one subject that counted the same records share one.
///
/// Plain bytes without references, except the two pool numbers, so that a subject's state can be copied and compared.
struct Timeline: BitwiseCopyable {
  /// The `time` of a timeline without any record that counts.
  static let never = Int64.min
  /// The number of gaps for the default of `no_data_after`.
  static let gapCount = 5

  /// The event time of the last record that counted, in milliseconds.
  var time = Timeline.never
  /// The offset of that record.
  var offset: Int64 = -1
  /// The boot of `sequence`; 0 if no record had one.
  var boot: UInt64 = 0
  /// The last sequence of that boot; -1 if none.
  var sequence: Int64 = -1
  /// The last gaps between different times, newest first; 0 if there are fewer.
  var gaps = InlineArray<5, Int64>(repeating: 0)
  /// The number of its `IgnoredRow`; 0 if the last record isn't in one.
  var row: UInt32 = 0
  /// The number of its `EarlierBoots`; 0 if it has seen one boot at most.
  var earlierBoots: UInt32 = 0

  /// Stores the time between a record and its predecessor.
  @inline(__always)
  mutating func push(gap: Int64) {
    gaps[4] = gaps[3]
    gaps[3] = gaps[2]
    gaps[2] = gaps[1]
    gaps[1] = gaps[0]
    gaps[0] = gap
  }

  /// The median of the gaps, the upper one of an even number; nil if there are fewer than two.
  var medianGap: Int64? {
    var sorted = gaps
    var count = 0
    while count < Timeline.gapCount, gaps[count] > 0 {
      // Insertion sort: five elements at most.
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

  /// Whether the median would be the same now and later.
  func hasSameGaps(as other: Timeline) -> Bool {
    (0..<Timeline.gapCount).allSatisfy { gaps[$0] == other.gaps[$0] }
  }
}
