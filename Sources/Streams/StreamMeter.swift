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

  /// What it is asked for.
  public let definition: StreamDefinition
  /// What a state says of the definition: made once, because a state is written for every interval.
  private let hashes: (definition: UInt64, topics: UInt64)
  /// The length of an interval.
  let length: Int64
  /// How far the distinct counts look back at the most; 0 without any.
  let longestOver: Int64
  /// See `StreamDefinition.greatestAge`.
  let greatestAge: Int64?
  /// The end of the last interval that was told; the next one begins here.
  public private(set) var told: Int64
  /// The end of the first open interval.
  private(set) var firstEnd: Int64
  /// The Kafka time of the last record that was told of; nil if there was none.
  private(set) var lastRecord: Int64?
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

  // MARK: Records

  /// Counts a record.
  ///
  /// - Parameters:
  ///   - kafkaTime: its Kafka time; negative if it has none.
  ///   - latest: no record can have been appended later than this. A Kafka time beyond it is a wrong clock's, and says
  ///     nothing.
  ///   - bytes: of key and value.
  ///   - facts: what was read of it; nil if records are only counted.
  public mutating func receive(
    lane number: Int, offset: Int64, kafkaTime: Int64, notLaterThan latest: Int64, bytes: Int, facts: RecordFacts?
  ) {
    let position = lanes[number].position
    if offset < position { return }
    lanes[number].position = offset + 1
    if offset < lanes[number].countedUpTo {
      reread(number, facts, offset: offset, kafkaTime: kafkaTime, notLaterThan: latest)
      return
    }
    let isMissing = lanes[number].isMissing
    let isLate = isMissing || lanes[number].isLateUntil.map { offset < $0 } ?? false
    if !isLate, kafkaTime > lanes[number].floor, kafkaTime <= latest { raise(number, to: kafkaTime, at: offset) }
    let end = lanes[number].intervalEnd
    if lanes[number].boundaries.last?.end != end { lanes[number].boundaries.append(.init(end: end, offset: offset)) }
    let place = place(of: end)
    open[place].last = max(open[place].last, lanes[number].floor)
    if isLate {
      open[place].tally.total.addLate(bytes: bytes)
      if let facts {
        noteLate(number, facts, offset: offset, kafkaTime: kafkaTime, notLaterThan: latest, countedIn: end)
      }
    } else if let facts {
      add(facts, bytes: bytes, kafkaTime: kafkaTime < 0 ? nil : kafkaTime, of: number, at: place)
    } else {
      open[place].tally.total.add(bytes: bytes)
    }
    settle(number)
  }

  /// Retention took the records up to `offset` before they were read. Returns how many offsets are lost.
  @discardableResult
  public mutating func lose(lane number: Int, upTo offset: Int64) -> Int64 {
    let from = max(lanes[number].position, lanes[number].countedUpTo)
    if offset > lanes[number].position {
      lanes[number].position = offset
      wholeFrom = max(wholeFrom, lanes[number].intervalEnd)
    }
    if offset <= from { return 0 }
    let end = lanes[number].intervalEnd
    if lanes[number].boundaries.last?.end != end { lanes[number].boundaries.append(.init(end: end, offset: from)) }
    open[place(of: end)].tally.lost += offset - from
    settle(number)
    return offset - from
  }

  /// The partition's log is another one, which begins at `offset`: it is counted from there on.
  public mutating func restart(lane number: Int, at offset: Int64) {
    lanes[number].position = offset
    lanes[number].countedUpTo = offset
    lanes[number].boundaries = []
    lanes[number].asked = nil
    lanes[number].isLateUntil = nil
    lanes[number].ahead = nil
    wholeFrom = max(wholeFrom, lanes[number].intervalEnd)
  }

  /// All records before `offset` are read, and there are no more for now. It passes the last record after transaction
  /// markers and compacted records.
  public mutating func reach(lane number: Int, offset: Int64) {
    lanes[number].position = max(lanes[number].position, offset)
    settle(number)
  }

  /// A broker was asked at the clock's time `clock`, and said that the partition ends at `end`.
  public mutating func ends(lane number: Int, at end: Int64, clock: Int64) {
    let time = clock - Self.grace
    if lanes[number].isMissing {
      // What was appended meanwhile is late.
      lanes[number].isMissing = false
      (lanes[number].isLateUntil, lanes[number].lateTime) = (end, time)
    }
    if lanes[number].asked == nil { lanes[number].asked = .init(offset: end, time: time) }
    settle(number)
  }

  /// Whether an end of the partition is asked for and not read yet.
  public func isAsked(lane: Int) -> Bool { lanes[lane].asked != nil }

  private mutating func settle(_ number: Int) {
    if let until = lanes[number].isLateUntil, lanes[number].position >= until {
      lanes[number].isLateUntil = nil
      if lanes[number].lateTime < told {
        // Intervals were told without it meanwhile: what was appended up to their ends is late, too.
        lanes[number].isMissing = true
        lanes[number].asked = nil
      }
    }
    guard let asked = lanes[number].asked, lanes[number].position >= asked.offset else { return }
    lanes[number].asked = nil
    if asked.time > lanes[number].floor { raise(number, to: asked.time, at: lanes[number].position) }
  }

  private mutating func raise(_ number: Int, to time: Int64, at offset: Int64) {
    lanes[number].floor = time
    if time < lanes[number].intervalEnd { return }
    lanes[number].intervalEnd = (time / length + 1) * length
    if lanes[number].intervalEnd > told + Self.greatestOpen * length { lanes[number].isWaiting = true }
  }

  /// The place of the open interval that ends at `end`.
  @inline(__always)
  private mutating func place(of end: Int64) -> Int {
    if let last = open.last, last.end == end { return open.count - 1 }
    return search(end)
  }

  mutating func search(_ end: Int64) -> Int {
    let place = open.lastIndex { $0.end <= end }
    if let place, open[place].end == end { return place }
    let next = (place ?? -1) + 1
    open.insert((end, IntervalTally(for: definition), Int64.min), at: next)
    return next
  }

  // MARK: Telling

  /// When the next interval may be told at the earliest, if no partition keeps it open.
  public var nextTelling: Int64 { firstEnd + Self.grace }

  /// Tells every interval that is over at the brokers' time `clock`, at most `limit`.
  public mutating func tell(clock: Int64, limit: Int = .max) -> [StreamReading] {
    var readings: [StreamReading] = []
    var count = 0
    while count < limit, clock >= nextTelling, lanes.allSatisfy({ !$0.isWaitedFor || $0.floor >= firstEnd }) {
      tellNext(clock, into: &readings)
      count += 1
    }
    return readings
  }

  private mutating func tellNext(_ clock: Int64, into readings: inout [StreamReading]) {
    let end = firstEnd
    var tally = IntervalTally(for: definition)
    if let first = open.first, first.end == end {
      tally = first.tally
      if first.last > Int64.min { lastRecord = max(lastRecord ?? Int64.min, first.last) }
      open.removeFirst()
    }
    for value in tally.values.keys { values.tell(value, end) }
    for index in distincts.indices { distincts[index].tell(tally.texts[index], end) }
    values.forget(upTo: end - Self.valuePatience)
    var frame = ReadingFrame(
      begin: told, end: end, clock: clock, lastRecord: lastRecord, partitions: lanes.count,
      missing: absent + lanes.count { !$0.isWaitedFor }, distincts: distincts.map { isWhole($0, end) ? $0.total : nil })
    readings.append(StreamReading(tally, frame, of: definition))
    for (number, text) in toldValues {
      frame.distincts = distincts.map { isWhole($0, end) ? $0.count(ofValue: number) : nil }
      readings.append(
        StreamReading(value: text, tally.values[number] ?? Tally(for: definition), frame, of: definition))
    }
    told = end
    firstEnd = end + length
    let kept = end - longestOver
    for number in lanes.indices { close(number, end, keepingFrom: kept) }
  }

  /// The values that get readings, in the order of their bytes.
  private var toldValues: [(number: Int, text: [UInt8])] {
    values.entries.enumerated().filter { $0.element.told != nil }.map { ($0.offset, $0.element.text) }
      .sorted { $0.text.lexicographicallyPrecedes($1.text) }
  }

  /// The interval that ends at `end` is told: nothing of the partition counts in it any more.
  private mutating func close(_ number: Int, _ end: Int64, keepingFrom kept: Int64) {
    lanes[number].floor = max(lanes[number].floor, end)
    if lanes[number].intervalEnd <= end { lanes[number].intervalEnd = firstEnd }
    if lanes[number].intervalEnd <= end + Self.greatestOpen / 2 * length { lanes[number].isWaiting = false }
    while let first = lanes[number].boundaries.first, first.end <= kept { lanes[number].boundaries.removeFirst() }
    if let ahead = lanes[number].ahead, ahead.end <= kept { lanes[number].ahead = nil }
  }

  // MARK: State

  /// What a successor needs to go on behind the last interval that was told.
  public var state: StreamState {
    let oldest = told - longestOver
    var values: [[UInt8]: Int64] = [:]
    for entry in self.values.entries {
      if let told = entry.told { values[entry.text] = told }
    }
    return StreamState(
      definition: hashes.definition, topics: hashes.topics, told: told,
      lastRecord: lastRecord, wholeFrom: max(wholeFrom, oldest), values: values,
      lanes: lanes.map { lane in
        StreamState.Lane(
          partition: lane.partition, position: max(lane.countedUpTo, lane.firstOffset(after: told)),
          reread: min(lane.firstOffset(after: oldest), lane.ahead?.offset ?? .max), isMissing: !lane.isWaitedFor)
      })
  }
}

extension Duration {
  /// In whole milliseconds.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
