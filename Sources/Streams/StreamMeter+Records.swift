/// Which interval each record counts in.
extension StreamMeter {
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
    guard offset >= position, offset < .max else { return }
    lanes[number].position = offset + 1
    if offset < lanes[number].countedUpTo {
      reread(number, facts, offset: offset, kafkaTime: kafkaTime, notLaterThan: latest)
      return
    }
    let isMissing = lanes[number].isMissing
    let isLate = isMissing || lanes[number].isLateUntil.map { offset < $0 } ?? false
    if !isLate { raise(number, by: kafkaTime, notLaterThan: latest, at: offset) }
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
    open[place(of: end)].tally.lose(offset - from)
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
  ///
  /// - Parameter latest: nothing before that end was appended later than this; nil if that is unknown.
  public mutating func ends(lane number: Int, at end: Int64, clock: Int64, latest: Int64? = nil) {
    let time = clock - Self.grace
    if lanes[number].isMissing {
      // What was appended meanwhile is late.
      lanes[number].isMissing = false
      (lanes[number].isLateUntil, lanes[number].lateTime) = (end, time)
      if let latest { lanes[number].incompleteUntil = latest }
    }
    if lanes[number].asked == nil {
      // What is read again came before the floor.
      lanes[number].asked = .init(
        begin: max(lanes[number].position, lanes[number].countedUpTo), floor: lanes[number].floor, offset: end,
        time: max(time, lanes[number].floor))
    }
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
    lanes[number].isTimed = false
    if asked.time > lanes[number].floor { raise(number, to: asked.time) }
  }

  /// A record's Kafka time raises the floor. One that can't be true says nothing; if no other has, as many records are
  /// taken to have come in each second up to the end that was asked for.
  @inline(__always)
  private mutating func raise(_ number: Int, by kafkaTime: Int64, notLaterThan latest: Int64, at offset: Int64) {
    let floor = lanes[number].floor
    if kafkaTime > floor, kafkaTime <= latest {
      lanes[number].isTimed = true
      raise(number, to: kafkaTime)
    } else if kafkaTime > latest || kafkaTime < floor - Self.greatestDelay, !lanes[number].isTimed,
      let asked = lanes[number].asked, asked.time >= lanes[number].intervalEnd
    {
      raise(number, to: max(floor, asked.estimate(at: offset)))
    }
  }

  private mutating func raise(_ number: Int, to time: Int64) {
    lanes[number].floor = time
    if time < lanes[number].intervalEnd { return }
    lanes[number].intervalEnd = end(of: time)
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
}
