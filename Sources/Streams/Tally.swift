import Platform
import Rules

/// What records of one interval add up to: all of a stream's, or those with one value.
struct Tally: Equatable {
  /// A numeric field.
  struct Measured: Equatable {
    /// How many records had the number.
    var count: UInt64 = 0
    var sum = ExactSum()
    var least = Double.infinity
    var greatest = -Double.infinity

    mutating func add(_ value: Double) {
      count += 1
      sum.add(value)
      least = min(least, value)
      greatest = max(greatest, value)
    }
  }

  /// Every record, late ones too.
  var records: Int64 = 0
  /// Bytes of keys and values of every record.
  var bytes: Int64 = 0
  /// Records that belong to an interval that was told before they could be read. They count nowhere else.
  var late: Int64 = 0
  var lateBytes: Int64 = 0
  /// Records that can't be read as the format says.
  var invalid: Int64 = 0
  /// Records with a time of their own, and how far their Kafka time is behind it, milliseconds.
  var delayed: Int64 = 0
  var delaySum: Int64 = 0
  var delayMax = Int64.min
  /// For each count of the definition.
  var counts: [Int64]
  /// For each measure of the definition.
  var measures: [Measured]

  init(for definition: StreamDefinition) {
    counts = Array(repeating: 0, count: definition.counts.count)
    measures = Array(repeating: Measured(), count: definition.measures.count)
  }

  /// Counts a record that is only counted.
  @inline(__always)
  mutating func add(bytes count: Int) {
    records &+= 1
    bytes &+= Int64(truncatingIfNeeded: count)
  }

  /// Counts a record of an earlier interval.
  mutating func addLate(bytes count: Int) {
    add(bytes: count)
    late += 1
    lateBytes += Int64(count)
  }

  /// Counts a record with what was read of it. `kafkaTime` is in milliseconds; nil if it has none. The numbers of a stale
  /// record say nothing of now: they aren't measured.
  mutating func add(bytes count: Int, _ facts: borrowing RecordFacts, kafkaTime: Int64?, isStale: Bool) {
    add(bytes: count)
    if facts.isInvalid {
      invalid += 1
      return
    }
    for index in counts.indices where facts.matches[index] { counts[index] += 1 }
    for index in measures.indices where !isStale {
      if let number = facts.numbers[index] { measures[index].add(number) }
    }
    if let time = facts.time, let kafkaTime {
      let (delay, isBeyond) = kafkaTime.subtractingReportingOverflow(time)
      let (sum, isSumBeyond) = delaySum.addingReportingOverflow(delay)
      // Producers may send any Kafka time. One so absurd that the sum would overflow is no time.
      if isBeyond || isSumBeyond { return }
      delayed += 1
      delaySum = sum
      delayMax = max(delayMax, delay)
    }
  }
}

/// What all records of one interval add up to.
struct IntervalTally: Equatable {
  var total: Tally
  /// For each value that divides the readings, by its number.
  var values: [Int: Tally] = [:]
  /// Records whose value there was no room for.
  var refused: Int64 = 0
  /// For each distinct number of the definition, its texts.
  var texts: [DistinctMarks]
  /// Records with a text that there was no room for.
  var distinctRefused: Int64 = 0
  /// Offsets that retention took before they were read.
  var lost: Int64 = 0

  init(for definition: StreamDefinition) {
    total = Tally(for: definition)
    texts = Array(repeating: DistinctMarks(), count: definition.distincts.count)
  }

  /// Retention took `count` offsets.
  mutating func lose(_ count: Int64) { lost = lost.addingSaturating(count) }
}
