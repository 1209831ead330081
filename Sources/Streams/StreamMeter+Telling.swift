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
    for (index, distinct) in definition.distincts.enumerated() {
      for text in tally.texts[index] { remember(text, index, end) }
      let oldest = end - distinct.over.milliseconds
      texts[index] = texts[index].filter { $0.value > oldest }
    }
    let missing = absent + lanes.count { !$0.isWaitedFor }
    let frame = ReadingFrame(
      begin: told, end: end, clock: clock, lastRecord: lastRecord, partitions: lanes.count, missing: missing,
      distincts: texts.map(\.count))
    readings.append(StreamReading(tally, frame, of: definition))
    for value in tally.values.keys {
      values[value] = end
      newcomers.remove(value)
    }
    values = values.filter { end - $0.value < Self.valuePatience }
    for value in values.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let own = tally.values[value] ?? Tally(for: definition)
      readings.append(StreamReading(value: value, own, frame, of: definition))
    }
    told = end
    firstEnd = end + length
    let kept = end - (definition.distincts.map(\.over.milliseconds).max() ?? 0)
    for number in lanes.indices { close(number, end, keepingFrom: kept) }
  }

  /// The interval that ends at `end` is told: nothing of the partition counts in it any more.
  private mutating func close(_ number: Int, _ end: Int64, keepingFrom kept: Int64) {
    lanes[number].floor = max(lanes[number].floor, end)
    if lanes[number].intervalEnd <= end { lanes[number].intervalEnd = firstEnd }
    if lanes[number].intervalEnd <= end + Self.greatestOpen / 2 * length { lanes[number].isWaiting = false }
    while let first = lanes[number].boundaries.first, first.end <= kept { lanes[number].boundaries.removeFirst() }
  }

  // MARK: State

  /// What a successor needs to go on behind the last interval that was told.
  public var state: StreamState {
    let oldest = told - (definition.distincts.map(\.over.milliseconds).max() ?? 0)
    return StreamState(
      definition: hashes.definition, topics: hashes.topics, told: told,
      lastRecord: lastRecord, values: values,
      lanes: lanes.map { lane in
        StreamState.Lane(
          partition: lane.partition, position: max(lane.countedUpTo, lane.firstOffset(after: told)),
          reread: lane.firstOffset(after: oldest), isMissing: !lane.isWaitedFor)
      })
  }
}
