import Evaluator
import Kafka
import Platform

/// A question for the group's position without an answer so far.
struct UnansweredPosition {
  var since: MonotonicTime
  /// When to check next whether an open transaction is the reason.
  var nextLook: MonotonicTime
}

/// What the group gives, takes and remembers.
extension KafkaLog {
  /// After how much silence a member loses its partitions to others; the user's own value wins.
  static var sessionTimeout: Duration { .seconds(8) }
  /// How soon a member learns of a rebalance; the user's own value wins.
  static var heartbeatInterval: Duration { .seconds(1) }

  static func makeConsumer(
    _ configuration: Configuration, _ names: Names, _ logger: Logger, _ wakeup: Wakeup
  ) throws(KafkaError) -> Consumer {
    var configuration = configuration
    // How often a client checks whether its topics exist and have grown; the user's own value wins.
    configuration.properties.insert(("topic.metadata.refresh.interval.ms", "5000"), at: 0)
    var options = Consumer.Options(group: names.member.group)
    options.instance = names.member.groupInstanceID(subscribedTo: names.sources)
    options.sessionTimeout = sessionTimeout
    options.heartbeatInterval = heartbeatInterval
    options.batchSize = batchSize
    // 64 MiB: librdkafka pauses for up to a second whenever the queue is full. A smaller one would slow a backlog down.
    options.queueKiB = 65_536
    return try Consumer(configuration, options: options, log: logger, wakeup: wakeup)
  }

  /// How long after an outage a loss counts as its result: the group may notice late that a member was silent.
  private static var outagePatience: Duration { .seconds(30) }

  var lossCause: LossCause {
    if membership.standing == .replaced { return .replaced }
    if isTopicGone { return .topicGone }
    return configuration.wereBrokersAway(within: Self.outagePatience, of: time.monotonic) ? .brokersAway : .unknown
  }

  mutating func nextEvent() -> LogEvent? {
    serve()
    return events.isEmpty ? nil : events.removeFirst()
  }

  func wait(until deadline: MonotonicTime) { _ = time.wait(for: wakeup, until: deadline) }

  /// Takes everything that has come from the brokers, except records.
  mutating func serve() {
    while let event = consumer.nextEvent() { take(event) }
    watchGroup()
    lookForUnowned()
    transactions?.serve()
    serveSteps()
  }

  private mutating func take(_ event: Consumer.Event) {
    switch event {
    case .assigned(let partitions):
      say(watch.rebalances(time.monotonic, isGiven: true))
      ownership.noteAssignment(time.monotonic)
      if partitions.isEmpty {
        // A cooperative rebalance that changes nothing here needs an answer, too.
        reply { consumer throws(KafkaError) in try consumer.take([]) }
      } else {
        isTopicGone = false
        events.append(.assigned(partitions.compactMap(names.id(of:))))
      }
    case .revoked(let partitions, let lost):
      say(watch.rebalances(time.monotonic, isGiven: false))
      events.append(.revoked(partitions.compactMap(names.id(of:)), lost: lost))
    case .committed(_, let error):
      if case .awaited = steps.answer { steps.answer = error.map { .refused($0) } ?? .committed }
    case .error(let error):
      isTopicGone = isTopicGone || error.code.isUnknownTopic
      if error.code == .inconsistentGroupProtocol { watch.isRefused(time.monotonic) }
      if error.isFatal { renewConsumer(after: error) }
    case .members(let answer):
      note(members: answer)
      say(watch.takes(answer, time.monotonic))
    case .statistics:
      break
    }
  }

  mutating func accept(_ partitions: [LogPartition]) {
    reply { consumer throws(KafkaError) in try consumer.take([]) }
  }

  mutating func start(_ id: LogPartition, at position: Int64) throws(LogFailure) {
    try mapped { log throws(KafkaError) in
      try log.consumer.takeAgain([PartitionOffset(log.partition(id), Offset(position))])
    }
  }

  mutating func unassign(_ partitions: [LogPartition]) {
    for partition in partitions { unanswered[names.partition(partition)] = nil }
    // After a fatal error the consumer is a new one, which holds nothing.
    guard consumer.awaitsAnswer else { return }
    reply { consumer throws(KafkaError) in try consumer.giveBack() }
  }

  /// Answers a rebalance. If the answer is refused, the group has gone on, and its next event says what holds.
  private mutating func reply(_ body: (inout Consumer) throws(KafkaError) -> Void) {
    do throws(KafkaError) {
      try body(&consumer)
    } catch {
      if error.isFatal {
        renewConsumer(after: error)
      } else {
        logger.limited(
          trouble, .warning, "the group went on before its rebalance was answered", ["reason": .string("\(error)")])
      }
    }
  }

  mutating func committed(
    _ id: LogPartition, until deadline: MonotonicTime
  ) throws(LogFailure) -> GroupPosition {
    let partition = partition(id)
    do throws(KafkaError) {
      let limit = max(.milliseconds(1), deadline - time.monotonic)
      let place = try consumer.committed([partition], within: limit).first { $0.partition == partition }
      unanswered[partition] = nil
      return GroupPosition(Self.position(place))
    } catch {
      let now = time.monotonic
      var waiting = unanswered[partition] ?? UnansweredPosition(since: now, nextLook: now + Self.longestTransaction)
      defer { unanswered[partition] = waiting }
      if now >= waiting.nextLook {
        waiting.nextLook = now + Self.longestTransaction
        if let place = withoutPending(partition, within: .seconds(1)) {
          logger.limited(
            trouble, .warning,
            "a transaction is about to change the group's position, and nobody ends it; the changelog's position counts",
            [
              "partition": .string("\(partition)"), "for": .duration(now - waiting.since),
              "cure": "kafka-transactions.sh (find-hanging) shows it",
            ])
          return GroupPosition(Self.position(place), isPending: true)
        }
      }
      throw LogFailure(.retry, reason: "\(error)")
    }
  }

  private static func position(_ place: PartitionOffset?) -> CommittedPosition? {
    guard let place, place.offset.isNumber else { return nil }
    return CommittedPosition(place.offset.rawValue, since: CommitNote.since(place.note))
  }

  /// The group's position, whatever transaction is open; nil if brokers don't tell it.
  private func withoutPending(_ partition: TopicPartition, within limit: Duration) -> PartitionOffset? {
    var options = Consumer.Options(group: names.member.group)
    options.readsCommitted = false
    guard let other = try? Consumer(configuration, options: options, log: logger, wakeup: wakeup) else { return nil }
    let place = try? other.committed([partition], within: limit).first { $0.partition == partition }
    other.close(by: time.monotonic)
    return place ?? nil
  }

  mutating func groupBegan(withTopic topic: Int, until deadline: MonotonicTime) throws(LogFailure) -> WallTime? {
    let name = names.sources[topic]
    return try mapped { log throws(KafkaError) in
      let count = try log.askPartitionCount(of: name, within: deadline - log.time.monotonic)
      let all = (0..<count).map { TopicPartition(name, $0) }
      let known = try log.consumer.committed(all, within: max(.milliseconds(1), deadline - log.time.monotonic))
      return known.filter(\.offset.isNumber).compactMap { CommitNote.since($0.note) }.min()
    }
  }

  mutating func remember(since: WallTime, ofTopic topic: Int) { self.since[topic] = since }

  mutating func offset(
    of id: LogPartition, at time: WallTime, until deadline: MonotonicTime
  ) throws(LogFailure) -> Int64? {
    let limit = deadline - self.time.monotonic
    return try mapped { log throws(KafkaError) in
      try log.askOffset(of: log.partition(id), at: time, within: limit)
    }
  }

  mutating func partitionCount(ofTopic topic: Int, until deadline: MonotonicTime) throws(LogFailure) -> Int32 {
    let limit = deadline - time.monotonic
    return try mapped { log throws(KafkaError) in
      try log.askPartitionCount(of: log.names.sources[topic], within: limit)
    }
  }

  mutating func bounds(
    of id: LogPartition, until deadline: MonotonicTime
  ) throws(LogFailure) -> Range<Int64> {
    let limit = deadline - time.monotonic
    return try mapped { log throws(KafkaError) in
      let ends = try log.askWatermarks(of: log.partition(id), within: limit)
      return ends.low..<max(ends.low, ends.high)
    }
  }

  mutating func ends(
    of partitions: [LogPartition], until deadline: MonotonicTime
  ) throws(LogFailure) -> [Int64?] {
    let limit = deadline - time.monotonic
    return try mapped { log throws(KafkaError) in
      var all: [TopicPartition] = []
      for id in partitions { all.append(log.partition(id)) }
      return try log.consumer.queryEnds(of: all, within: limit)
    }
  }

  /// Asks through a producer: the consumer's connection may be busy with a fetch that waits for records, and the high
  /// watermark in a fetch's answer is as old as its records.
  mutating func askHighWatermarks(
    of partitions: [LogPartition], until deadline: MonotonicTime
  ) throws(LogFailure) -> [Int64?] {
    let limit = deadline - time.monotonic
    return try mapped { log throws(KafkaError) in
      var all: [TopicPartition] = []
      for id in partitions { all.append(log.partition(id)) }
      if let ends = try log.transactions?.highWatermarks(of: all, within: limit) { return ends }
      if let ends = try log.steps.producer?.highWatermarks(of: all, within: limit) { return ends }
      throw KafkaError(code: .state, message: "there is no producer to ask through", isRetriable: true)
    }
  }

  mutating func highWatermark(of id: LogPartition) -> Int64? { consumer.watermarks(of: partition(id))?.high }

  /// Whatever the error, the question can be asked again.
  mutating func mapped<Result>(
    _ body: (inout KafkaLog) throws(KafkaError) -> Result
  ) throws(LogFailure) -> Result {
    do throws(KafkaError) { return try body(&self) } catch { throw LogFailure(.retry, reason: "\(error)") }
  }
}
