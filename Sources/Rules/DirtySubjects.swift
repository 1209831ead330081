/// The subjects that changed since their last checkpoint, by the numbers of their blocks, in the order of their first
/// change. Each is here once (a block that was reused may be here twice, which costs one check).
///
/// Four bytes for each, and one `Stretch` for all that changed within a tenth of a second: so the low-water mark may be
/// that much below the exact one, and never above it. Bounded by the number of subjects.
struct DirtySubjects: ~Copyable {
  /// Subjects that changed within a short time.
  struct Stretch: BitwiseCopyable {
    /// The offset of the first record that changed one of them.
    var offset: Int64
    /// The greatest Kafka time up to that record.
    var logTime: Int64
    /// The time of that record, in milliseconds on the monotonic clock.
    var since: Int64
    /// How many of them still wait.
    var count: Int
  }

  /// The length of a stretch, in milliseconds.
  static let stretch: Int64 = 100

  private var numbers = Ring<UInt32>()
  private var stretches = Ring<Stretch>()

  /// The number of waiting subjects.
  var count: Int { numbers.count }

  /// The oldest stretch.
  var first: Stretch? { stretches.isEmpty ? nil : stretches[0] }

  /// Adds a subject at its first change since its last checkpoint, by the record at `offset`.
  mutating func append(_ number: Int, offset: Int64, logTime: Int64, now: Int64) {
    numbers.append(UInt32(truncatingIfNeeded: number))
    if !stretches.isEmpty, now &- stretches[stretches.count - 1].since < DirtySubjects.stretch {
      stretches[stretches.count - 1].count += 1
    } else {
      stretches.append(Stretch(offset: offset, logTime: logTime, since: now, count: 1))
    }
  }

  /// Takes out the subject that has waited longest, if it has waited since before `time`.
  mutating func popFirst(changedBefore time: Int64) -> Int? {
    guard !stretches.isEmpty, stretches[0].since < time, let number = numbers.popFirst() else { return nil }
    stretches[0].count -= 1
    if stretches[0].count == 0 { _ = stretches.popFirst() }
    return Int(number)
  }
}
