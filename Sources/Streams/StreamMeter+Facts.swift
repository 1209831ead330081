/// What a meter does with that which was read of a record: values that divide the readings, measures, distinct values.
extension StreamMeter {
  /// Counts a record of the open interval at `place`.
  mutating func add(_ facts: RecordFacts, bytes: Int, kafkaTime: Int64?, of lane: Int, at place: Int) {
    let isStale = isStale(facts, at: lanes[lane].floor)
    open[place].tally.total.add(bytes: bytes, facts, kafkaTime: kafkaTime, isStale: isStale)
    if facts.isInvalid { return }
    var value: Int?
    if definition.division != nil, let division = facts.division {
      value = values.note(division, in: open[place].end)
      if let value {
        open[place].tally.values[value, default: Tally(for: definition)]
          .add(bytes: bytes, facts, kafkaTime: kafkaTime, isStale: isStale)
      } else {
        open[place].tally.refused += 1
      }
    }
    if !isStale { noteTexts(facts, value: value, at: place) }
  }

  /// The open interval at `place` has the distinct values of a record.
  private mutating func noteTexts(_ facts: RecordFacts, value: Int?, at place: Int) {
    var hasRoom = true
    for index in distincts.indices {
      guard let text = facts.texts[index] else { continue }
      hasRoom =
        distincts[index].note(text, value: value, in: open[place].end, &open[place].tally.texts[index]) && hasRoom
    }
    if !hasRoom { open[place].tally.distinctRefused += 1 }
  }

  /// A record waited while its partition couldn't be read, and counts as late in the interval that ends at `end`. But its
  /// distinct values were there at its own Kafka time: nobody who sent it was away.
  mutating func noteLate(
    _ number: Int, _ facts: RecordFacts, offset: Int64, kafkaTime: Int64, notLaterThan latest: Int64,
    countedIn end: Int64
  ) {
    if distincts.isEmpty || facts.isInvalid { return }
    let isKnown = kafkaTime >= 0 && kafkaTime <= latest
    let own = recall(facts, at: isKnown ? max(kafkaTime, told - longestOver) : end - 1)
    if own > end { lanes[number].isAhead(at: offset, until: own) }
  }

  /// A record that an earlier meter counted has these distinct values: at its Kafka time, but not before the record ahead
  /// of it.
  mutating func reread(
    _ number: Int, _ facts: RecordFacts?, offset: Int64, kafkaTime: Int64, notLaterThan latest: Int64
  ) {
    let floor = max(told - longestOver, (lanes[number].boundaries.last?.end ?? 0) - length)
    let time = kafkaTime <= latest ? max(kafkaTime, floor) : floor
    let end = min(told, self.end(of: time))
    if lanes[number].boundaries.last?.end != end { lanes[number].boundaries.append(.init(end: end, offset: offset)) }
    guard let facts, !facts.isInvalid else { return }
    let own = recall(facts, at: time)
    if own > told { lanes[number].isAhead(at: offset, until: own) }
  }

  /// A record that doesn't count any more had distinct values at `time`. Returns the end of the interval that has them.
  private mutating func recall(_ facts: RecordFacts, at time: Int64) -> Int64 {
    let end = min(self.end(of: time), told + Self.greatestOpen * length)
    if isStale(facts, at: time) { return end }
    var value: Int?
    if definition.division != nil, let division = facts.division {
      value = values.note(division, in: end)
      if let value { values.tell(value, min(end, told)) }
    }
    if end > told {
      noteTexts(facts, value: value, at: search(max(end, firstEnd)))
      return end
    }
    for index in distincts.indices {
      if let text = facts.texts[index] { distincts[index].recall(text, value: value, in: end) }
    }
    return end
  }

  /// Whether a record that counts at `time` is so old that it says nothing of now.
  private func isStale(_ facts: RecordFacts, at time: Int64) -> Bool {
    guard let greatestAge, let own = facts.time else { return false }
    return time - own > greatestAge
  }

  /// The end of the interval that `time` falls into, which is at most a clock's time.
  func end(of time: Int64) -> Int64 { (time / length + 1) * length }

  /// Whether all of the time that a distinct count looks back from `end` was watched.
  func isWhole(_ distinct: RecentDistinct, _ end: Int64) -> Bool { end - distinct.over >= wholeFrom }
}
