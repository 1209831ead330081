import Kafka
import Platform

/// Kafka as a worker's log, at least once: transitions are acknowledged by all replicas in sync first, then the
/// positions are committed to the group.
struct KafkaLog: EvaluatorLog, ~Copyable {
  /// Which topics and group.
  struct Names {
    var sources: [String]
    var alerts: String
    var group: String

    func id(of partition: TopicPartition) -> LogPartition? {
      sources.firstIndex(of: partition.topic).map { LogPartition(topic: $0, number: partition.partition) }
    }

    func partition(_ id: LogPartition) -> TopicPartition { TopicPartition(sources[id.topic], id.number) }
  }

  /// What the group says to a delivery's positions.
  enum Answer {
    /// Not asked yet.
    case none
    /// Asked.
    case awaited
    /// It refused.
    case refused(KafkaError)
    /// They are committed.
    case committed
  }

  let names: Names
  let configuration: Configuration
  let logger: Logger
  let wakeup: Wakeup
  let time: any TimeSource
  var consumer: Consumer
  var producer: Producer
  /// The source partition of each `Message.partitionIndex`; nil: of no source topic.
  var ids: [LogPartition?] = []
  /// Met while something else was done, and to be given out.
  var events: [LogEvent] = []

  /// The delivery under way; acknowledgements of earlier ones carry other tokens.
  var delivery: UInt = 0
  /// Its transitions that aren't acknowledged yet.
  var unacknowledged = 0
  /// Why one of them never will be.
  var refusal: KafkaError?
  /// The positions to commit behind them.
  var offsets: [PartitionOffset] = []
  var answer = Answer.none
  let trouble: RateLimit

  /// Connects in the background, also where no broker is there yet.
  ///
  /// - Throws: where a property is refused, or a file of TLS can't be read.
  init(
    _ configuration: Configuration, names: Names, logger: Logger, wakeup: Wakeup, time: any TimeSource
  ) throws(KafkaError) {
    let consumer = try Self.makeConsumer(configuration, names, logger, wakeup)
    let producer = try Self.makeProducer(configuration, logger, wakeup)
    self.names = names
    self.configuration = configuration
    self.logger = logger
    self.wakeup = wakeup
    self.time = time
    trouble = RateLimit(1, per: .seconds(30), time: time)
    self.consumer = consumer
    self.producer = producer
  }

  // MARK: Reading

  mutating func fetch<Receiver: LogReceiver & ~Copyable>(
    until deadline: MonotonicTime, into receiver: inout Receiver
  ) {
    if take(consumer.fetch(), into: &receiver) || !events.isEmpty { return }
    wait(until: deadline)
    _ = take(consumer.fetch(), into: &receiver)
  }

  /// How many records ahead one is announced: enough for memory to answer, few enough not to fill the cache.
  private static var lookahead: Int { 4 }

  /// Gives a batch to the receiver; whether there was anything.
  private mutating func take<Receiver: LogReceiver & ~Copyable>(
    _ batch: consuming Batch, into receiver: inout Receiver
  ) -> Bool {
    for index in batch.indices {
      batch.expect(index + 3 * Self.lookahead)
      let soon = index + Self.lookahead
      if soon < batch.count, batch[soon].kind == .record, let id = id(of: batch[soon].partitionIndex) {
        receiver.expect(LogRecord(batch[soon], of: id))
      }
      let message = batch[index]
      guard let id = id(of: message.partitionIndex) else { continue }
      switch message.kind {
      case .record: receiver.receive(LogRecord(message, of: id))
      case .endOfPartition:
        receiver.receiveEnd(of: id, position: message.offset)
      case .error:
        note(batch.error(at: index), of: id, at: message.offset)
      }
    }
    return !batch.isEmpty
  }

  @inline(__always)
  private mutating func id(of index: Int32) -> LogPartition? {
    if index >= 0, index < ids.count { return ids[Int(index)] }
    return learn(index)
  }

  private mutating func learn(_ index: Int32) -> LogPartition? {
    guard index >= 0 else { return nil }
    while ids.count <= Int(index) {
      let partition = consumer.partition(at: Int32(ids.count))
      ids.append(partition.flatMap(names.id(of:)))
    }
    return ids[Int(index)]
  }

  private mutating func note(_ error: KafkaError?, of id: LogPartition, at offset: Int64) {
    guard let error else { return }
    if error.code == .autoOffsetReset {
      events.append(.outOfRange(id, position: consumer.position(of: names.partition(id)) ?? offset))
    } else {
      logger.limited(
        trouble, .warning, "a partition can't be read",
        [
          "topic": .string(names.sources[id.topic]), "partition": .int(id.number), "offset": .int(offset),
          "reason": .string("\(error)"),
        ])
    }
  }
}

extension LogRecord {
  @inline(__always)
  fileprivate init(_ message: Message, of partition: LogPartition) {
    self.init(
      partition: partition, offset: message.offset, kafkaTime: message.timestamp,
      isLogAppendTime: message.timestampKind == .appended, key: message.key, value: message.value)
  }
}
