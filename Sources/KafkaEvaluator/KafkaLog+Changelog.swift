import Evaluator
import Kafka
import Platform
import Records

/// The changelog while partitions are restored: a consumer without a group, made when it is needed and ended when it
/// isn't.
///
/// Brokers are asked through it, too: they answer a connection's requests one by one, and the group's consumer may have a
/// fetch there that waits half a second for records.
struct ChangelogReading: ~Copyable {
  var reader: Consumer?
  /// The partition of the changelog that is open.
  var number: Int32?
  /// Up to where it must be read isn't known yet: whoever opens it is asked to try again.
  var isOpening = false
  /// Partitions that this reader has read: what it knows of their ends is old.
  var seen: Set<Int32> = []
  /// The topic was found to keep the last record of each key.
  var isCompacted = false
}

extension KafkaLog {
  /// How long brokers may take to say how the changelog is kept.
  private static var policyPatience: Duration { .milliseconds(500) }

  mutating func openChangelog(_ number: Int32, until deadline: MonotonicTime) throws(LogFailure) -> Int64? {
    let limit = deadline - time.monotonic
    do throws(KafkaError) {
      return try open(number, within: limit, until: deadline)
    } catch {
      throw LogFailure(error.remedy == .recreateClient ? .stop : .retry, reason: "\(error)")
    }
  }

  private mutating func open(
    _ number: Int32, within limit: Duration, until deadline: MonotonicTime
  ) throws(KafkaError) -> Int64? {
    let partition = TopicPartition(names.changelog, number)
    if changelog.number != number || !changelog.isOpening {
      if changelog.seen.contains(number) { closeChangelog() }
      try makeReader()
      try prepareChangelog(within: limit)
      try read([PartitionOffset(partition, .beginning)])
      changelog.number = number
      changelog.isOpening = true
      changelog.seen.insert(number)
    }
    // What the first answer to a fetch says is the true high watermark, and younger than the question.
    while true {
      if let known = changelog.reader?.watermarks(of: partition) {
        changelog.isOpening = false
        return known.high
      }
      if time.monotonic >= deadline {
        throw KafkaError(code: .timedOut, message: "no answer yet from \(partition)", isRetriable: true)
      }
      _ = time.wait(for: wakeup, until: min(deadline, time.monotonic + .milliseconds(5)))
    }
  }

  /// Makes sure that the topic is what state can be kept in: compacted, and with as many partitions as its source topic,
  /// which may have grown.
  private mutating func prepareChangelog(within limit: Duration) throws(KafkaError) {
    let count = try askPartitionCount(of: names.changelog, within: limit)
    var sources: [(topic: String, count: Int32)] = []
    for topic in names.sources {
      // One that isn't there yet, or that this evaluator doesn't see, has no partition to restore.
      do throws(KafkaError) {
        sources.append((topic, try askPartitionCount(of: topic, within: limit)))
      } catch  where error.code.isUnknownTopic || error.code == .topicAuthorizationFailed {}
    }
    let needed = sources.map(\.count).max() ?? 0
    if changelog.isCompacted, needed <= count { return }
    var isKnown = changelog.isCompacted
    defer { changelog.isCompacted = isKnown }
    try Admin.ask(configuration, log: logger) { admin throws(KafkaError) in
      isKnown = try checkPolicy(admin, within: limit) || isKnown
      if needed > count { try growChangelog(admin, from: count, for: sources, within: limit) }
    }
  }

  /// False: brokers don't say how the changelog is kept.
  ///
  /// - Throws: where it would lose state.
  private func checkPolicy(_ admin: borrowing Admin, within limit: Duration) throws(KafkaError) -> Bool {
    var kept: Cleanup?
    var isTold = false
    do throws(KafkaError) {
      kept = try admin.cleanup(of: names.changelog, within: min(limit, Self.policyPatience))
      isTold = true
    } catch {
      // Who may not ask, or asks brokers that can't tell, relies on whoever made the topic.
      logger.limited(
        trouble, .warning, "brokers don't say how the changelog is kept; it must have cleanup.policy=compact",
        ["topic": .string(names.changelog), "reason": .string("\(error)")])
    }
    if let kept, !kept.compacts {
      throw KafkaError(
        code: .invalidArgument,
        message:
          "\(names.changelog) has cleanup.policy=\(kept.policy) and would lose state; delete the topic, or set it to compact: "
          + Cleanup.compacted.command(topic: names.changelog, brokers: configuration.brokers),
        isFatal: true)
    }
    return isTold
  }

  /// The changelog gets as many partitions as the largest of its source topics, unless the group had begun with fewer: a
  /// topic that gains partitions moves hosts between them, and their state stays where it was.
  private func growChangelog(
    _ admin: borrowing Admin, from count: Int32, for sources: [(topic: String, count: Int32)], within limit: Duration
  ) throws(KafkaError) {
    let larger = sources.filter { $0.count > count }
    let needed = larger.map(\.count).max() ?? count
    let all = larger.flatMap { source in (0..<source.count).map { TopicPartition(source.topic, $0) } }
    // A position of somebody else's says nothing of what is known of hosts.
    let committed = try consumer.committed(all, within: limit)
      .filter { $0.offset.isNumber && CommitNote.since($0.note) != nil }
    // Positions beyond the changelog are those of a time before there was one.
    let hasBegun = larger.contains { source in
      let known = committed.filter { $0.partition.topic == source.topic }
      return !known.isEmpty && known.allSatisfy { $0.partition.partition < count }
    }
    let command =
      "kafka-topics.sh --bootstrap-server \(configuration.brokers) --alter --topic \(names.changelog) --partitions \(needed)"
    if hasBegun {
      throw KafkaError(
        code: .unknownPartition,
        message:
          "a source topic has grown to \(needed) partitions: hosts have moved to others, and what is known of them has not. "
          + "To go on with moved hosts beginning anew: \(command); then end what fired for them with statusd forget HOST",
        isFatal: true)
    }
    guard names.mayCreate else {
      throw KafkaError(
        code: .unknownPartition,
        message: "\(names.changelog) has \(count) partitions and needs \(needed), as its source topic has: \(command)")
    }
    try admin.growTopic(names.changelog, to: Int(needed), within: limit)
    logger.notice("the changelog has as many partitions as its source topic now", ["partitions": .int(needed)])
    throw KafkaError(code: .unknownPartition, message: "\(names.changelog) is growing", isRetriable: true)
  }

  private mutating func makeReader() throws(KafkaError) {
    if changelog.reader != nil { return }
    changelog.seen = []
    // A broker that has nothing more answers a fetch only after this, and a question behind it, too; at librdkafka's
    // 500 ms the smallest partition would take seconds.
    var configuration = configuration
    configuration.properties.insert(("fetch.wait.max.ms", "5"), at: 0)
    changelog.reader = try Consumer(configuration, options: Consumer.Options(), log: logger, wakeup: wakeup)
  }

  /// Reads these partitions, and no others, with the changelog's reader.
  private mutating func read(_ places: [PartitionOffset]) throws(KafkaError) {
    try makeReader()
    try changelog.reader?.assign(places)
  }

  /// How many partitions a topic has.
  func askPartitionCount(of topic: String, within limit: Duration) throws(KafkaError) -> Int32 {
    if let count = try changelog.reader?.partitionCount(of: topic, within: limit) { return count }
    return try consumer.partitionCount(of: topic, within: limit)
  }

  /// The ends of a partition, as far as its last stable offset.
  func askWatermarks(of partition: TopicPartition, within limit: Duration) throws(KafkaError) -> Watermarks {
    if let ends = try changelog.reader?.queryWatermarks(of: partition, within: limit) { return ends }
    return try consumer.queryWatermarks(of: partition, within: limit)
  }

  /// The first offset of a partition at `time` or later; nil: none.
  func askOffset(
    of partition: TopicPartition, at time: WallTime, within limit: Duration
  ) throws(KafkaError) -> Int64? {
    var answer = try changelog.reader?.offsets(for: time, in: [partition], within: limit)
    if answer == nil { answer = try consumer.offsets(for: time, in: [partition], within: limit) }
    return answer?.first.flatMap { $0.offset.isNumber ? $0.offset.rawValue : nil }
  }

  mutating func readChangelog<Receiver: ChangelogReceiver & ~Copyable>(
    into receiver: inout Receiver
  ) throws(LogFailure) -> Int64 {
    guard let number = changelog.number, var reader = changelog.reader.take() else {
      throw LogFailure(.retry, reason: "the changelog isn't open")
    }
    while let event = reader.nextEvent() {
      if case .error(let error) = event { logger.debug("reading the changelog", ["reason": .string("\(error)")]) }
    }
    let batch = reader.fetch()
    for index in batch.indices {
      let message = batch[index]
      if message.kind == .record, let key = message.key {
        receiver.receive(key: key, value: message.value, at: message.offset)
      }
    }
    let position = reader.position(of: TopicPartition(names.changelog, number)) ?? 0
    changelog.reader = consume reader
    return position
  }

  mutating func closeChangelog() {
    changelog.number = nil
    changelog.isOpening = false
    if let reader = changelog.reader.take() { reader.close(by: time.monotonic) }
  }

  mutating func firstRecord(
    of id: LogPartition, from offset: Int64, until deadline: MonotonicTime
  ) throws(LogFailure) -> Marker.Fingerprint? {
    guard case .record(let found) = try firstAnswer(of: id, from: offset, until: deadline) else { return nil }
    return found
  }

  mutating func isReadable(
    _ id: LogPartition, at offset: Int64, until deadline: MonotonicTime
  ) throws(LogFailure) -> Bool {
    guard case .error(let error) = try firstAnswer(of: id, from: offset, until: deadline) else { return true }
    return error?.code != .topicAuthorizationFailed
  }

  /// What a fetch from an offset brings first.
  private enum Answer {
    case record(Marker.Fingerprint)
    case end
    case error(KafkaError?)
  }

  private mutating func firstAnswer(
    of id: LogPartition, from offset: Int64, until deadline: MonotonicTime
  ) throws(LogFailure) -> Answer {
    let partition = names.partition(id)
    changelog.number = nil
    return try mapped { log throws(KafkaError) in
      try log.read([PartitionOffset(partition, Offset(offset))])
      while true {
        guard var reader = log.changelog.reader.take() else { return .end }
        while reader.nextEvent() != nil {}
        let batch = reader.fetch()
        var answer: Answer?
        for index in batch.indices where answer == nil {
          let message = batch[index]
          switch message.kind {
          case .record: answer = .record(Marker.Fingerprint(offset: message.offset, kafkaTime: message.timestamp))
          case .endOfPartition: answer = .end
          case .error: answer = .error(batch.error(at: index))
          }
        }
        log.changelog.reader = consume reader
        if let answer { return answer }
        if log.time.monotonic >= deadline {
          throw KafkaError(code: .timedOut, message: "no answer yet from \(partition)", isRetriable: true)
        }
        _ = log.time.wait(for: log.wakeup, until: deadline)
      }
    }
  }
}
