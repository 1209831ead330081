/// The subjects that changed since their last checkpoint, by the numbers of their blocks, in the order in which they
/// did. Each stands here once (a block that changed hands may stand here twice, which costs one look).
///
/// Four bytes for each, and one `Stretch` for all that changed within a tenth of a second: so the low-water mark may lie
/// that much below the exact one, and never above it. Bounded by the number of subjects.
struct Unwritten: ~Copyable {
  /// Subjects that changed within a short time.
  struct Stretch: BitwiseCopyable {
    /// The first record that changed one of them.
    var offset: Int64
    /// The greatest Kafka time as far as that record.
    var logTime: Int64
    /// When that was, milliseconds on the monotonic clock.
    var since: Int64
    /// How many of them still wait.
    var count: Int
  }

  /// How long a stretch is, milliseconds.
  static let stretch: Int64 = 100

  private var numbers = Ring<UInt32>()
  private var stretches = Ring<Stretch>()

  /// How many wait.
  var count: Int { numbers.count }

  /// The oldest stretch.
  var first: Stretch? { stretches.isEmpty ? nil : stretches[0] }

  /// A subject's first change since its last checkpoint, by the record at `offset`.
  mutating func append(_ number: Int, offset: Int64, logTime: Int64, now: Int64) {
    numbers.append(UInt32(truncatingIfNeeded: number))
    if !stretches.isEmpty, now &- stretches[stretches.count - 1].since < Unwritten.stretch {
      stretches[stretches.count - 1].count += 1
    } else {
      stretches.append(Stretch(offset: offset, logTime: logTime, since: now, count: 1))
    }
  }

  /// Takes out the subject that waits longest, if it has since before `time`.
  mutating func popFirst(changedBefore time: Int64) -> Int? {
    guard !stretches.isEmpty, stretches[0].since < time, let number = numbers.popFirst() else { return nil }
    stretches[0].count -= 1
    if stretches[0].count == 0 { _ = stretches.popFirst() }
    return Int(number)
  }
}
