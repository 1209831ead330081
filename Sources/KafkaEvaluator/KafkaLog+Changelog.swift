import Evaluator
import Kafka
import Platform
import Records

/// The changelog while partitions are restored: a consumer without a group, made when it is needed and closed when it
/// isn't.
///
/// Other questions to brokers go through it, too. Brokers answer a connection's requests one by one, and the group's
/// consumer may have a fetch there that waits half a second for records.
struct ChangelogReading: ~Copyable {
  var reader: Consumer?
  /// The partition of the changelog that is open.
  var number: Int32?
  /// Its high watermark isn't known yet: the caller of `openChangelog` has to try again.
  var isOpening = false
  /// Partitions that this reader has read: the watermarks that it knows of them are old.
  var seen: Set<Int32> = []
  /// The topic is known to be compacted.
  var isCompacted = false
  /// When it is tried again to grow the topic for a stream's.
  var nextGrowth = MonotonicTime(nanoseconds: 0)
}

extension KafkaLog {
  /// How long brokers may take to tell the changelog's policy.
  private static var policyPatience: Duration { .milliseconds(500) }

  mutating func openChangelog(_ number: Int32, until deadline: MonotonicTime) throws(LogFailure) -> Int64? {
    let limit = deadline - time.monotonic
    let opened: Result<Int64, KafkaError>
    do throws(KafkaError) {
      opened = try open(number, within: limit, until: deadline)
    } catch {
      throw LogFailure(error.remedy == .recreateClient ? .stop : .retry, reason: "\(error)")
    }
    switch opened {
    case .success(let end): return end
    case .failure(let refusal):
      throw LogFailure(.retry, reason: refusal.words(for: [.read(topic: names.changelog)], configuration))
    }
  }

  /// Opens a partition; a failure if brokers refuse to give its records.
  private mutating func open(
    _ number: Int32, within limit: Duration, until deadline: MonotonicTime
  ) throws(KafkaError) -> Result<Int64, KafkaError> {
    let partition = TopicPartition(names.changelog, number)
    if changelog.number != number || !changelog.isOpening {
      if changelog.seen.contains(number) { closeChangelog() }
      try makeReader()
      try prepareChangelog(for: number, within: limit)
      try read([PartitionOffset(partition, .beginning)])
      changelog.number = number
      changelog.isOpening = true
      changelog.seen.insert(number)
    }
    // The answer to the first fetch has the true high watermark, of a time after the question.
    while true {
      if let known = changelog.reader?.watermarks(of: partition) {
        changelog.isOpening = false
        return .success(known.high)
      }
      if time.monotonic >= deadline {
        if let refusal = refusalOfChangelog() { return .failure(refusal) }
        throw KafkaError(code: .timedOut, message: "no answer yet from \(partition)", isRetriable: true)
      }
      _ = time.wait(for: wakeup, until: min(deadline, time.monotonic + .milliseconds(5)))
    }
  }

  /// Why brokers give nothing of the changelog; nil if they haven't said.
  private mutating func refusalOfChangelog() -> KafkaError? {
    guard var reader = changelog.reader.take() else { return nil }
    let batch = reader.fetch()
    let error = batch.indices.lazy.compactMap { batch.error(at: $0) }.first
    let hasCome = batch.count > 0
    changelog.reader = consume reader
    // What came now is gone from the reader: it is opened anew.
    if hasCome { closeChangelog() }
    return error
  }

  /// Makes sure that the topic can keep state: compacted, and with as many partitions as its source topics, which may
  /// have grown. If only streams' topics have more, partition `number` is restored all the same, if there is one.
  private mutating func prepareChangelog(for number: Int32, within limit: Duration) throws(KafkaError) {
    let count = try askPartitionCount(of: names.changelog, within: limit)
    var sources: [(topic: String, count: Int32)] = []
    for topic in names.sources {
      // A topic that doesn't exist yet, or that this evaluator may not see, has no partition to restore.
      do throws(KafkaError) {
        sources.append((topic, try askPartitionCount(of: topic, within: limit)))
      } catch  where error.code.isUnknownTopic || error.code == .topicAuthorizationFailed {}
    }
    let most = sources.map(\.count).max() ?? 0
    let needed = sources.filter { !names.growing.contains($0.topic) }.map(\.count).max() ?? 0
    let isVital = needed > count || number >= count
    let now = time.monotonic
    if changelog.isCompacted, most <= count || !isVital && now < changelog.nextGrowth { return }
    var isKnown = changelog.isCompacted
    defer { changelog.isCompacted = isKnown }
    try Admin.ask(configuration, log: logger) { admin throws(KafkaError) in
      isKnown = try checkPolicy(admin, within: limit) || isKnown
      if most <= count { return }
      do throws(KafkaError) {
        try growChangelog(admin, from: count, for: sources, within: limit)
      } catch {
        if isVital { throw error }
        changelog.nextGrowth = now + Self.growthPause
        logger.limited(
          trouble, .warning, "the changelog has too few partitions for a stream's topic; the others go on",
          ["reason": .string(error.words(for: [.alter(topic: names.changelog)], configuration))])
      }
    }
  }

  /// How long a changelog that is too small only for streams isn't tried again.
  private static var growthPause: Duration { .seconds(30) }

  /// Returns false if brokers don't tell the changelog's policy.
  ///
  /// - Throws: if the policy would lose state.
  private func checkPolicy(_ admin: borrowing Admin, within limit: Duration) throws(KafkaError) -> Bool {
    var kept: Cleanup?
    var isTold = false
    do throws(KafkaError) {
      kept = try admin.cleanup(of: names.changelog, within: min(limit, Self.policyPatience))
      isTold = true
    } catch {
      // Without the right to ask, or if brokers can't tell, whoever made the topic is trusted.
      logger.limited(
        trouble, .warning, "brokers don't tell the changelog's cleanup.policy; it must be compact",
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

  /// Grows the changelog to as many partitions as the largest source topic has, unless the group had begun with fewer:
  /// a topic that grows moves hosts between partitions, and their state stays where it was.
  private func growChangelog(
    _ admin: borrowing Admin, from count: Int32, for sources: [(topic: String, count: Int32)], within limit: Duration
  ) throws(KafkaError) {
    let larger = sources.filter { $0.count > count }
    let needed = larger.map(\.count).max() ?? count
    let all = larger.flatMap { source in (0..<source.count).map { TopicPartition(source.topic, $0) } }
    // Another program's position doesn't show that hosts have state.
    let committed = try consumer.committed(all, within: limit)
      .filter { $0.offset.isNumber && CommitNote.since($0.note) != nil }
    // Positions of partitions that the changelog lacks are older than the changelog.
    let hasBegun = larger.contains { source in
      if names.growing.contains(source.topic) { return false }
      let known = committed.filter { $0.partition.topic == source.topic }
      return !known.isEmpty && known.allSatisfy { $0.partition.partition < count }
    }
    let command =
      "kafka-topics.sh --bootstrap-server \(configuration.brokers) --alter --topic \(names.changelog) --partitions \(needed)"
    if hasBegun {
      throw KafkaError(
        code: .unknownPartition,
        message:
          "a source topic has grown to \(needed) partitions: hosts have moved to others, but their state has not. To go on, "
          + "with moved hosts beginning anew: \(command); then end their old alerts with statusd forget HOST",
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
    // A broker without new records answers a fetch only after this time, and later requests wait behind it. With
    // librdkafka's 500 ms the smallest partition would take seconds.
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

  /// The bounds of a partition, up to its last stable offset.
  func askWatermarks(of partition: TopicPartition, within limit: Duration) throws(KafkaError) -> Watermarks {
    if let ends = try changelog.reader?.queryWatermarks(of: partition, within: limit) { return ends }
    return try consumer.queryWatermarks(of: partition, within: limit)
  }

  /// The first offset of a partition at `time` or later; nil if there is none.
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

  /// The first result of a fetch from an offset.
  private enum Answer {
    case record(Marker.Fingerprint)
    case end
    case error(KafkaError?)
  }

  private mutating func firstAnswer(
    of id: LogPartition, from offset: Int64, until deadline: MonotonicTime
  ) throws(LogFailure) -> Answer {
    let partition = partition(id)
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
