import Platform

/// Counts the records of one stream, and tells what each interval had: a pure function of the records, the ends and the
/// clock that it is given. Times are in milliseconds since the epoch.
///
/// Intervals are told in order. One is told once the brokers' clock has passed its end by `grace`, and the floor of each
/// partition that isn't missing has reached its end. The state then says for each partition where the next interval
/// begins: from there on a successor reads again. So each record is counted in exactly one interval that is told.
public struct StreamMeter {
  /// How long after its end an interval stays open: brokers' clocks differ, and producers need time to send.
  public static let grace: Int64 = 250
  /// How many values may divide the readings.
  public static let greatestValues = 1000
  /// How many distinct values are told apart in the whole stream.
  public static let greatestTexts = 10_000
  /// The same with all values that divide the readings together: a text that changes from one to another is in both for a
  /// while.
  static let greatestDividedTexts = 2 * greatestTexts
  /// A value without records for this long gets no readings any more.
  static let valuePatience: Int64 = 3_600_000
  /// How many intervals may be open; partitions that are further ahead wait for the others.
  static let greatestOpen: Int64 = 120
  /// A Kafka time further below the floor than this is a wrong clock's. Less may be a producer that had to try again.
  static let greatestDelay: Int64 = 60_000

  /// What it is asked for.
  public let definition: StreamDefinition
  /// What a state says of the definition: made once, because a state is written for every interval.
  let hashes: (definition: UInt64, topics: UInt64)
  /// The length of an interval.
  let length: Int64
  /// How far the distinct counts look back at the most; 0 without any.
  let longestOver: Int64
  /// See `StreamDefinition.greatestAge`.
  let greatestAge: Int64?
  /// The end of the last interval that was told; the next one begins here.
  public internal(set) var told: Int64
  /// The end of the first open interval.
  var firstEnd: Int64
  /// The Kafka time of the last record that was told of; nil if there was none.
  var lastRecord: Int64?
  var lanes: [Lane] = []
  /// Topics and partitions that it should count and can't, beside the missing ones: they aren't there.
  public var absent = 0
  private var lanesByPartition: [StreamPartition: Int] = [:]
  /// The open intervals that have something, in order.
  var open: [(end: Int64, tally: IntervalTally, last: Int64)] = []
  /// The values that divide the readings. They get readings once an interval that had them is told.
  var values = RecentTexts(limit: StreamMeter.greatestValues)
  /// For each distinct number of the definition.
  var distincts: [RecentDistinct]
  /// From this time on no record is unknown to `distincts`.
  var wholeFrom: Int64

  /// Goes on where `state` ends.
  public init(_ definition: StreamDefinition, _ state: StreamState) {
    self.definition = definition
    hashes = (StreamState.hash(of: definition), StreamState.hash(ofTopics: definition.topics))
    length = max(1000, definition.interval.milliseconds)
    longestOver = definition.distincts.map(\.over.milliseconds).max() ?? 0
    greatestAge = definition.greatestAge?.milliseconds
    told = state.told
    firstEnd = Self.firstEnd(after: state.told, length: length)
    lastRecord = state.lastRecord
    distincts = definition.distincts.map { RecentDistinct(over: $0.over.milliseconds) }
    wholeFrom = state.wholeFrom
    let goesBack = !definition.distincts.isEmpty
    for lane in state.lanes {
      append(
        Lane(
          lane.partition, from: goesBack ? min(lane.reread, lane.position) : lane.position, countedUpTo: lane.position,
          floor: told, intervalEnd: firstEnd))
      lanes[lanes.count - 1].isMissing = lane.isMissing
    }
    guard state.isOf(definition) else { return }
    for (value, last) in state.values {
      if let number = value.withUnsafeBytes({ values.note($0, in: last) }) { values.tell(number, last) }
    }
  }

  /// The first multiple of the length that is at least half a length away: a stream that begins, or gets another
  /// length, has one interval of half a length to one and a half.
  private static func firstEnd(after time: Int64, length: Int64) -> Int64 {
    let earliest = time + length / 2
    return earliest % length == 0 ? earliest : (earliest / length + 1) * length
  }

  private mutating func append(_ lane: Lane) {
    lanesByPartition[lane.partition] = lanes.count
    lanes.append(lane)
  }

  // MARK: Partitions

  /// The number of a partition's lane; nil if the stream hasn't got it.
  public func lane(of partition: StreamPartition) -> Int? { lanesByPartition[partition] }

  /// The partitions, each with the offset from which on it must be read.
  public var positions: [(partition: StreamPartition, offset: Int64)] { lanes.map { ($0.partition, $0.position) } }

  /// The stream has another partition, which is counted from `offset` on. Has no effect if it has it already.
  ///
  /// - Parameter lateUntil: records before this offset were appended before anybody knew of the partition: they are
  ///   late.
  public mutating func add(_ partition: StreamPartition, from offset: Int64, lateUntil: Int64? = nil) {
    if lanesByPartition[partition] != nil { return }
    var lane = Lane(partition, from: offset, countedUpTo: offset, floor: told, intervalEnd: firstEnd)
    if let lateUntil {
      if lateUntil > offset { (lane.isLateUntil, lane.lateTime) = (lateUntil, told) }
    } else {
      // Nobody reads what it had before.
      wholeFrom = max(wholeFrom, firstEnd)
    }
    append(lane)
  }

  /// The partition can't be read: nobody waits for it from now on.
  public mutating func isMissing(_ partition: StreamPartition) {
    guard let lane = lanesByPartition[partition] else { return }
    lanes[lane].isMissing = true
    lanes[lane].asked = nil
  }

  /// Whether nobody waits for the partition: it is missing, or what was appended meanwhile isn't read yet.
  public func isPassedOver(lane: Int) -> Bool { !lanes[lane].isWaitedFor }

  /// Whether the partition is missing.
  public func isMissing(lane: Int) -> Bool { lanes[lane].isMissing }

  /// The partitions whose floor is below `time`, missing ones too.
  public func lanes(behind time: Int64) -> [Int] {
    lanes.indices.filter { lanes[$0].floor < time }
  }

  /// Whether the partition waits for others: it is further ahead than intervals may be open. It goes on once it is half as
  /// far ahead, so that it doesn't stop and go with every interval.
  public func mustWait(lane: Int) -> Bool { lanes[lane].isWaiting }

  /// How many partitions wait for others.
  public var waiting: Int { lanes.indices.count { mustWait(lane: $0) } }
}

extension Duration {
  /// In whole milliseconds.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
