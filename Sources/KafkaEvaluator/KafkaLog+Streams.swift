import Evaluator
import Kafka
import Platform

/// Topics beside the group's, which a meter reads: by consumers without a group, one for each isolation level that is
/// asked for.
struct FollowedTopics: ~Copyable {
  /// A topic, and how it is read.
  struct Topic: Hashable {
    var name: String
    var committed: Bool
  }

  /// One consumer.
  struct Reader: ~Copyable {
    var consumer: Consumer
    /// The partition of each `Message.partitionIndex`.
    var ids: [LogPartition?] = []
  }

  /// All that were ever asked for. The number of a topic is its place here, behind those of the group.
  var topics: [Topic] = []
  var numbers: [Topic: Int] = [:]
  private var uncommitted: Reader?
  private var committed: Reader?
  private var hasUncommitted = false
  private var hasCommitted = false

  /// Whether there is a consumer for this isolation level.
  func has(committed isCommitted: Bool) -> Bool { isCommitted ? hasCommitted : hasUncommitted }

  /// Takes the consumer for this isolation level out; nil if there is none.
  mutating func take(committed isCommitted: Bool) -> Reader? { isCommitted ? committed.take() : uncommitted.take() }

  /// Puts it back.
  mutating func put(_ reader: consuming Reader, committed isCommitted: Bool) {
    if isCommitted {
      committed = consume reader
      hasCommitted = true
    } else {
      uncommitted = consume reader
      hasUncommitted = true
    }
  }
}

extension KafkaLog {
  /// What is fetched ahead, in KiB.
  private static var followedQueue: Int { 65_536 }

  /// The name and number of a partition, whoever reads it.
  func partition(_ id: LogPartition) -> TopicPartition {
    let place = id.topic - names.sources.count
    return place < 0 ? names.partition(id) : TopicPartition(followed.topics[place].name, id.number)
  }

  mutating func topics(until deadline: MonotonicTime) throws(LogFailure) -> [LogTopic] {
    let limit = max(.milliseconds(1), deadline - time.monotonic)
    return try mapped { log throws(KafkaError) in
      try log.consumer.topics(within: limit).filter { $0.error == nil }.map { topic in
        LogTopic(name: topic.name, partitions: topic.partitions.map { $0.leader >= 0 })
      }
    }
  }

  mutating func number(ofTopic name: String, committed: Bool) -> Int {
    let topic = FollowedTopics.Topic(name: name, committed: committed)
    if let number = followed.numbers[topic] { return number }
    let number = names.sources.count + followed.topics.count
    followed.topics.append(topic)
    followed.numbers[topic] = number
    return number
  }

  mutating func follow(_ positions: [LogPosition]) throws(LogFailure) {
    for committed in [false, true] {
      let own = positions.filter { followed.topics[$0.partition.topic - names.sources.count].committed == committed }
      try mapped { log throws(KafkaError) in try log.follow(own, committed: committed) }
    }
  }

  private mutating func follow(_ positions: [LogPosition], committed: Bool) throws(KafkaError) {
    if !followed.has(committed: committed) {
      if positions.isEmpty { return }
      var options = Consumer.Options()
      options.readsCommitted = committed
      options.batchSize = Self.batchSize
      options.queueKiB = Self.followedQueue
      let consumer = try Consumer(configuration, options: options, log: logger, wakeup: wakeup)
      followed.put(FollowedTopics.Reader(consumer: consumer), committed: committed)
    }
    let wanted = positions.map { PartitionOffset(partition($0.partition), Offset($0.position)) }
    guard var reader = followed.take(committed: committed) else { return }
    var failure: KafkaError?
    let isSame =
      reader.consumer.held.count == wanted.count
      && wanted.allSatisfy { reader.consumer.position(of: $0.partition) == $0.offset.rawValue }
    if !isSame {
      do throws(KafkaError) { try reader.consumer.assign(wanted) } catch { failure = error }
    }
    followed.put(reader, committed: committed)
    if let failure { throw failure }
  }

  mutating func show(_ positions: [LogPosition]) {
    do throws(KafkaError) {
      try consumer.commitLater(positions.map { PartitionOffset(partition($0.partition), Offset($0.position)) })
    } catch {
      logger.debug("positions of streams aren't shown", ["reason": .string("\(error)")])
    }
  }

  /// Gives the receiver a batch of each followed reader. Returns the number of entries.
  mutating func takeFollowed<Receiver: LogReceiver & ~Copyable>(into receiver: inout Receiver) -> Int {
    takeFollowed(committed: false, into: &receiver) + takeFollowed(committed: true, into: &receiver)
  }

  private mutating func takeFollowed<Receiver: LogReceiver & ~Copyable>(
    committed: Bool, into receiver: inout Receiver
  ) -> Int {
    guard var reader = followed.take(committed: committed) else { return 0 }
    while let event = reader.consumer.nextEvent() {
      if case .error(let error) = event { logger.debug("reading a stream", ["reason": .string("\(error)")]) }
    }
    let batch = reader.consumer.fetch()
    if batch.count > 0 { receiver.batchBegins(at: time.monotonic) }
    for index in batch.indices {
      batch.expect(index + 3 * Self.lookahead)
      let message = batch[index]
      guard let id = id(of: message.partitionIndex, &reader, committed) else { continue }
      switch message.kind {
      case .record: receiver.receive(LogRecord(message, of: id))
      case .endOfPartition: receiver.receiveEnd(of: id, position: message.offset)
      case .error:
        guard let error = batch.error(at: index) else { continue }
        if error.code == .autoOffsetReset {
          let position = reader.consumer.position(of: partition(id)) ?? message.offset
          events.append(.outOfRange(id, position: position))
        } else {
          logger.limited(
            trouble, .warning, "a partition of a stream can't be read",
            [
              "topic": .string(partition(id).topic), "partition": .int(id.number), "offset": .int(message.offset),
              "reason": .string(error.words(for: [.read(topic: partition(id).topic)], configuration)),
            ])
        }
      }
    }
    let count = batch.count
    followed.put(reader, committed: committed)
    return count
  }

  @inline(__always)
  private mutating func id(
    of index: Int32, _ reader: inout FollowedTopics.Reader, _ committed: Bool
  ) -> LogPartition? {
    if index >= 0, index < reader.ids.count { return reader.ids[Int(index)] }
    guard index >= 0 else { return nil }
    while reader.ids.count <= Int(index) {
      let known = reader.consumer.partition(at: Int32(reader.ids.count))
      reader.ids.append(
        known.map {
          LogPartition(topic: number(ofTopic: $0.topic, committed: committed), number: $0.partition)
        })
    }
    return reader.ids[Int(index)]
  }

  mutating func closeFollowed(by deadline: MonotonicTime) {
    if let reader = followed.take(committed: false) { reader.consumer.close(by: deadline) }
    if let reader = followed.take(committed: true) { reader.consumer.close(by: deadline) }
  }
}
