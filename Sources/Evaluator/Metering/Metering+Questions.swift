import Platform
import Records
import Streams

/// What a meter asks brokers: topics, ends of partitions, and their records.
extension Metering {
  package mutating func tend<Log: EvaluatorLog & ~Copyable>(
    _ log: inout Log, until deadline: MonotonicTime, _ voice: inout WorkerVoice
  ) throws(LogFailure) {
    tendLag(&log)
    if streams.isEmpty || clock.time == nil {
      if mustFollow, streams.isEmpty { try follow(&log) }
      return
    }
    if nextTopics.map({ $0 <= now }) ?? true {
      let topics = try log.topics(until: deadline)
      for stream in streams { try resolve(stream, topics, &log, until: deadline) }
      nextTopics = now + Self.topicsPause
    }
    try askForEnds(&log, until: deadline)
    if mustFollow { try follow(&log) }
    if nextShow.map({ $0 <= now }) ?? true { show(in: &log) }
  }

  /// Shows other tools how far the streams are told: the least position where several watch a partition. It isn't what a
  /// successor goes on from: that is in the streams' states, written in one transaction with what was told.
  private mutating func show<Log: EvaluatorLog & ~Copyable>(in log: inout Log) {
    nextShow = now + Self.showPause
    var positions: [LogPartition: Int64] = [:]
    for stream in streams where stream.way == .isLive {
      for lane in stored[stream.partition]?[stream.definition.name]?.lanes ?? [] {
        let partition = number(lane.partition, stream, &log)
        positions[partition] = min(positions[partition] ?? .max, lane.position)
      }
    }
    log.show(positions.map { LogPosition($0.key, $0.value) })
  }

  // MARK: Topics

  /// Finds a stream's partitions. A stream that begins, and a topic that somebody names or shows anew, begin at their
  /// ends; a topic or partition that wasn't there at the last look begins at its beginning.
  private mutating func resolve<Log: EvaluatorLog & ~Copyable>(
    _ stream: MeteredStream, _ topics: [LogTopic], _ log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure) {
    let watched = topics.filter { stream.watches($0.name) && !isOwn($0.name, stream) }
    let counts = Dictionary(watched.map { ($0.name, $0.partitions.count) }) { $1 }
    noteAbsent(stream, counts)
    if stream.way == .begins { return try begin(stream, watched, counts, &log, until: deadline) }
    let inState = Set(stream.meter.positions.map(\.partition.topic))
    var added: [StreamPartition] = []
    for topic in watched {
      for number in topic.partitions.indices {
        let partition = StreamPartition(topic.name, Int32(number))
        if stream.meter.lane(of: partition) == nil { added.append(partition) }
      }
    }
    if !added.isEmpty {
      let ends = try ends(of: added, stream, &log, until: deadline)
      for (partition, end) in zip(added, ends) {
        guard let end else {
          stream.meter.absent += 1
          continue
        }
        let isNew = stream.known != nil || stream.hadSameTopics || inState.contains(partition.topic)
        if isNew {
          stream.meter.add(partition, from: 0, lateUntil: end, latest: latestAnswer)
        } else {
          stream.meter.add(partition, from: end)
        }
        stream.mustWrite = true
      }
      mustFollow = true
    }
    stream.known = counts
  }

  private func isOwn(_ topic: String, _ stream: MeteredStream) -> Bool {
    orders.ownTopics.contains(topic) && !stream.definition.topics.contains(.name(topic))
  }

  /// Counts and logs topics that a stream names and that aren't there.
  private mutating func noteAbsent(_ stream: MeteredStream, _ counts: [String: Int]) {
    var absent = 0
    for case .name(let topic) in stream.definition.topics where counts[topic] == nil {
      absent += 1
      if stream.known == nil || stream.known?[topic] != nil {
        remarks.append(.noTopic(stream: stream.definition.name, topic: topic))
      }
    }
    stream.meter.absent = absent
  }

  private mutating func begin<Log: EvaluatorLog & ~Copyable>(
    _ stream: MeteredStream, _ topics: [LogTopic], _ counts: [String: Int], _ log: inout Log,
    until deadline: MonotonicTime
  ) throws(LogFailure) {
    guard let time = clock.time else { return }
    let partitions = topics.flatMap { topic in
      topic.partitions.indices.map { StreamPartition(topic.name, Int32($0)) }
    }
    let ends = try ends(of: partitions, stream, &log, until: deadline)
    let absent = stream.meter.absent
    stream.begin(at: time, zip(partitions, ends).compactMap { partition, end in end.map { (partition, $0) } })
    stream.meter.absent = absent + ends.count { $0 == nil }
    stream.known = counts
    remarks.append(.begins(stream: stream.definition.name, partitions: partitions.count))
  }

  private func number<Log: EvaluatorLog & ~Copyable>(
    _ partition: StreamPartition, _ stream: MeteredStream, _ log: inout Log
  ) -> LogPartition {
    LogPartition(
      topic: log.number(ofTopic: partition.topic, committed: stream.definition.readsCommitted),
      number: partition.number)
  }

  private func ends<Log: EvaluatorLog & ~Copyable>(
    of partitions: [StreamPartition], _ stream: MeteredStream, _ log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure) -> [Int64?] {
    if partitions.isEmpty { return [] }
    let numbers = partitions.map { number($0, stream, &log) }
    return stream.definition.readsCommitted
      ? try log.ends(of: numbers, until: deadline) : try log.askHighWatermarks(of: numbers, until: deadline)
  }

  // MARK: Ends

  /// Nothing that a broker has answered in this turn was appended later, by the brokers' clock.
  private var latestAnswer: Int64? {
    clock.latest(at: now).map { $0 + plan.questionPatience.wholeMilliseconds }
  }

  /// Whether an interval is over but for the ends of partitions, which must be asked for: without records, nothing else
  /// ends it.
  var keepsWaiting: Bool {
    guard let time = clock.time else { return false }
    return streams.contains { stream in
      guard stream.way == .isLive, time >= stream.meter.nextTelling else { return false }
      return stream.meter.lanes(behind: time - StreamMeter.grace).contains {
        !stream.meter.isMissing(lane: $0) && !stream.meter.isAsked(lane: $0)
      }
    }
  }

  /// Asks where partitions end that keep an interval open, once for each time of the clock.
  private mutating func askForEnds<Log: EvaluatorLog & ~Copyable>(
    _ log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure) {
    guard let time = clock.time, nextEnds.map({ $0 <= now }) ?? true else { return }
    var (hasAsked, hasFailed) = (false, false)
    for stream in streams where stream.way == .isLive {
      // A missing partition keeps no interval open, but may be back.
      let isDue = time >= stream.meter.nextTelling
      if isDue { passOverStuck(stream) }
      let lanes = stream.meter.lanes(behind: time - StreamMeter.grace).filter {
        stream.meter.isMissing(lane: $0) || isDue && !stream.meter.isAsked(lane: $0)
      }
      if lanes.isEmpty { continue }
      hasAsked = true
      let positions = stream.meter.positions
      let partitions = lanes.map { positions[$0].partition }
      var ends: [Int64?] = Array(repeating: nil, count: lanes.count)
      do throws(LogFailure) {
        ends = try self.ends(of: partitions, stream, &log, until: min(deadline, now + .milliseconds(500)))
      } catch {
        hasFailed = true
      }
      for (lane, (partition, end)) in zip(lanes, zip(partitions, ends)) {
        if let end {
          stream.unanswered[partition] = nil
          stream.meter.ends(lane: lane, at: end, clock: time, latest: latestAnswer)
        } else {
          let known = stream.unanswered[partition] ?? standstill(at: positions[lane].offset)
          stream.unanswered[partition] = known
          if isLong(known) { passOver(lane, partition, of: stream) }
        }
      }
    }
    // A broker that is silent holds up this question for all others: it isn't asked again at once.
    if hasAsked { nextEnds = now + (hasFailed ? .seconds(2) : .milliseconds(50)) }
  }

  /// Brokers tell where these partitions end, but don't give their records: for want of a right, or a damaged log.
  private mutating func passOverStuck(_ stream: MeteredStream) {
    var stuck: [StreamPartition: MeteredStream.Standstill] = [:]
    for (lane, place) in stream.meter.positions.enumerated() where stream.meter.isAsked(lane: lane) {
      if mustFollow || stream.meter.mustWait(lane: lane) { continue }
      var known = stream.stuck[place.partition] ?? standstill(at: place.offset)
      if known.offset != place.offset { known = standstill(at: place.offset) }
      stuck[place.partition] = known
      if isLong(known), fullReads - known.fullReads >= Self.answerChances {
        passOver(lane, place.partition, of: stream)
      }
    }
    stream.stuck = stuck
  }

  private func standstill(at offset: Int64) -> MeteredStream.Standstill {
    MeteredStream.Standstill(offset: offset, since: now, deliveries: deliveryCount, fullReads: fullReads)
  }

  private func isLong(_ standstill: MeteredStream.Standstill) -> Bool {
    now - standstill.since >= Self.answerPatience
      && deliveryCount - standstill.deliveries >= Self.answerChances
  }

  private mutating func passOver(_ lane: Int, _ partition: StreamPartition, of stream: MeteredStream) {
    if stream.meter.isMissing(lane: lane) { return }
    if !stream.meter.isPassedOver(lane: lane) {
      remarks.append(.isMissing(stream: stream.definition.name, partition))
    }
    stream.meter.isMissing(partition)
  }

  // MARK: Records

  /// The streams that count a partition's records, each with its lane.
  func lanes(of partition: LogPartition) -> [(stream: MeteredStream, lane: Int)] {
    followed.filter { $0.partition == partition }.map { (streams[$0.subscriber.stream], $0.subscriber.lane) }
  }

  /// Reads all partitions of streams that have begun, but for those that must wait for others.
  private mutating func follow<Log: EvaluatorLog & ~Copyable>(_ log: inout Log) throws(LogFailure) {
    var all: [(partition: LogPartition, subscriber: Subscriber)] = []
    var positions: [LogPartition: Int64] = [:]
    for (index, stream) in streams.enumerated() where stream.way == .isLive {
      stream.waiting = stream.meter.waiting
      for (lane, place) in stream.meter.positions.enumerated() {
        let partition = number(place.partition, stream, &log)
        all.append((partition, Subscriber(stream: index, lane: lane)))
        if stream.meter.mustWait(lane: lane) { continue }
        positions[partition] = min(positions[partition] ?? .max, place.offset)
      }
    }
    // Only then: a stream whose position isn't read yet would take the records from elsewhere for its next ones.
    try log.follow(
      positions.map { LogPosition($0.key, $0.value) }.sorted { $0.partition < $1.partition })
    subscribe(all.map { ($0.partition, $0.subscriber) })
    followed = all
    mustFollow = false
  }
}
