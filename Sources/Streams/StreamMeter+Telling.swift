/// What is told, and what a successor needs.
extension StreamMeter {
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
