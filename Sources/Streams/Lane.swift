/// One partition of a stream: where it is read, and how far its time has come.
///
/// Its *floor* never falls: no record counts in an interval before it. A record's Kafka time raises the floor, unless
/// it is ahead of the brokers' clock. An end that was asked for raises it, too, once everything before that end is
/// read.
struct Lane: Equatable {
  /// The first record of an interval in this partition.
  struct Boundary: Equatable {
    /// The end of that interval.
    var end: Int64
    /// The offset of its first record.
    var offset: Int64
  }

  /// An end of the partition, and the time that everything before it comes up to.
  struct AskedEnd: Equatable {
    /// How far the partition was read when its end was asked for, and its floor.
    var begin: Int64
    var floor: Int64
    var offset: Int64
    /// What is appended at this end or after it has a later time, milliseconds.
    var time: Int64

    /// When the record at `place` was appended if as many came in each second: for records whose own times can't be true.
    func estimate(at place: Int64) -> Int64 {
      let share = (Double(place) - Double(begin)) / max(1, Double(offset) - Double(begin))
      return floor + Int64(Double(time - floor) * min(max(share, 0), 1))
    }
  }

  let partition: StreamPartition
  /// The offset of the next record to read.
  var position: Int64
  /// Records before this offset were counted by an earlier meter; they are read again for distinct values alone.
  var countedUpTo: Int64
  var floor: Int64
  /// The end of the interval that the next record counts in if its time doesn't raise the floor.
  var intervalEnd: Int64
  /// For the intervals that aren't forgotten: where each begins here, in order. Intervals without a record are left out.
  var boundaries: [Boundary] = []
  /// The first record that counted in an interval before that of its Kafka time, while it is of use for distinct values;
  /// and the end of the last interval that such records belong to. nil if there is none.
  var ahead: Boundary?
  /// The last end that was asked for, while it isn't read.
  var asked: AskedEnd?
  /// Whether a record's own time has raised the floor since the last end was reached: then such records tell the time.
  var isTimed = false
  /// Whether it isn't read for now, because it is further ahead of the others than intervals may be open.
  var isWaiting = false
  /// Nobody waits for it, because it can't be read; what comes of it counts as late.
  var isMissing = false
  /// Its records are late until this offset: they were appended while it was missing.
  var isLateUntil: Int64?
  /// What is appended at that offset or after it has a later time, milliseconds.
  var lateTime: Int64 = 0

  init(_ partition: StreamPartition, from position: Int64, countedUpTo: Int64, floor: Int64, intervalEnd: Int64) {
    self.partition = partition
    self.position = position
    self.countedUpTo = countedUpTo
    self.floor = floor
    self.intervalEnd = intervalEnd
  }

  /// The record at `offset` counted in an earlier interval than the one of its Kafka time, which ends at `end`.
  mutating func isAhead(at offset: Int64, until end: Int64) {
    ahead = Boundary(end: max(end, ahead?.end ?? end), offset: min(offset, ahead?.offset ?? offset))
  }

  /// Whether an interval stays open until this partition has passed it.
  var isWaitedFor: Bool { !isMissing && isLateUntil == nil }

  /// Where the interval after the one that ends at `end` begins.
  func firstOffset(after end: Int64) -> Int64 { boundaries.first { $0.end > end }?.offset ?? position }
}

/// A partition of a topic that a stream watches.
public struct StreamPartition: Hashable, Sendable, Comparable {
  /// The topic's name.
  public var topic: String
  /// The partition's number.
  public var number: Int32

  /// Partition `number` of `topic`.
  public init(_ topic: String, _ number: Int32) {
    self.topic = topic
    self.number = number
  }

  /// By topic, then by number.
  public static func < (a: StreamPartition, b: StreamPartition) -> Bool { (a.topic, a.number) < (b.topic, b.number) }
}
