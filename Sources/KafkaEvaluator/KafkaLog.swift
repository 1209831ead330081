import Evaluator
import Kafka
import Platform

/// Kafka as a worker's log: a member of the group that reads the source topics, a producer, and, while partitions are
/// restored, a reader of the changelog.
///
/// Deliveries are transactions (`KafkaLog+Transactions.swift`). If brokers have none, or the configuration says so,
/// they are sent step by step (`KafkaLog+Steps.swift`).
struct KafkaLog: EvaluatorLog, ~Copyable {
  /// The topics, the group, and this member's name.
  struct Names {
    var sources: [String]
    var alerts: String
    var alertsCurrent: String
    var changelog: String
    /// Whether a changelog with too few partitions may be grown.
    var mayCreate: Bool
    /// Topics that may gain partitions under way: their subjects begin anew where they come to.
    var growing: Set<String> = []
    var member: MemberName

    func id(of partition: TopicPartition) -> LogPartition? {
      sources.firstIndex(of: partition.topic).map { LogPartition(topic: $0, number: partition.partition) }
    }

    func partition(_ id: LogPartition) -> TopicPartition { TopicPartition(sources[id.topic], id.number) }

    /// The topic and partition of a delivery's record; the partition is nil if the key decides.
    func place(_ target: LogTarget) -> (topic: String, partition: Int32?) {
      switch target {
      case .results: (alerts, nil)
      case .alertsCurrent: (alertsCurrent, nil)
      case .changelog(let number): (changelog, number)
      }
    }
  }

  /// How deliveries are made.
  enum Mode {
    /// In transactions.
    case transactions
    /// Step by step.
    case steps
  }

  let names: Names
  let configuration: Configuration
  let logger: Logger
  let wakeup: Wakeup
  let time: any TimeSource
  var consumer: Consumer
  var membership = Membership()
  var ownership = Ownership()
  /// The source partition of each `Message.partitionIndex`; nil if it belongs to no source topic.
  var ids: [LogPartition?] = []
  /// Events that came during other calls, for `nextEvent`.
  var events: [LogEvent] = []
  let trouble: RateLimit
  /// Whether a source topic was found missing, and nothing has been assigned since.
  var isTopicGone = false
  /// Finds other programs in the group; `strangers` bounds the log lines about them, for all workers of the process.
  var watch: GroupWatch
  let strangers: RateLimit
  /// The Kafka time from which on the group evaluates each source topic, as far as known.
  var since: [Int: WallTime] = [:]
  let renewals: RateLimit
  /// Positions that the group was asked for and hasn't told yet.
  var unanswered: [TopicPartition: UnansweredPosition] = [:]

  var mode: Mode
  /// May fall back to at-least-once delivery if brokers lack transactions.
  let mayFallBack: Bool
  /// The producer of transactions; nil if it isn't made yet, or has failed.
  var transactions: TransactionalProducer?
  /// A record was refused for its size: the producer can't go on.
  var isSpoilt = false
  /// Whether a producer that replaces an unfit one still has to take the transactional id over.
  var isRenewing = false
  /// Why brokers refused the last producer of transactions; nil if they didn't.
  var refusal: Refusal?
  /// When brokers appended the last record of the last committed transaction; nil if they don't say.
  var appendTime: WallTime?
  /// Whether brokers have a clock of their own. If not, a transaction's end is its records' append time.
  var brokersTellTime = true
  var deliveryTimes = DeliveryTimes()
  /// When the transaction that is open began.
  var transactionBegan: MonotonicTime
  var steps: Steps
  /// The maximum sizes of records and batches.
  var sizes: RecordSizes
  /// The bound on batches that the producer was made with.
  var batchBytes: Int
  var changelog = ChangelogReading()
  /// Topics beside the group's.
  var followed = FollowedTopics()
  /// Asks about the cluster and its consumer groups; nil if nobody wants to know.
  var inquirer: ClusterInquirer?

  /// Connects in the background, even if no broker is reachable yet.
  ///
  /// - Parameters:
  ///   - delivery: nil for transactions, or step by step if brokers have none.
  ///   - strangers: bounds the log lines about other programs in the group.
  /// - Throws: if a property is refused, or a TLS file can't be read.
  init(
    _ configuration: Configuration, names: Names, delivery: Mode?, strangers: RateLimit, logger: Logger, wakeup: Wakeup,
    time: any TimeSource
  ) throws(KafkaError) {
    mode = delivery ?? .transactions
    let consumer = try Self.makeConsumer(configuration, names, logger, wakeup)
    let sizes = RecordSizes(
      client: configuration.greatestRecord, topics: [names.alerts, names.alertsCurrent, names.changelog])
    let batch = sizes.batch
    let transactions =
      mode == .transactions ? try Self.makeTransactions(configuration, names, batch, logger, wakeup) : nil
    var steps = Steps()
    if mode == .steps { steps.producer = try Self.makeProducer(configuration, batch, logger, wakeup) }
    (self.sizes, batchBytes) = (sizes, batch)
    mayFallBack = delivery == nil
    self.names = names
    self.configuration = configuration
    self.logger = logger
    self.wakeup = wakeup
    self.time = time
    trouble = RateLimit(1, per: .seconds(30), time: time)
    watch = GroupWatch(clientID: configuration.effectiveClientID)
    self.strangers = strangers
    renewals = RateLimit(1, per: .seconds(30), time: time)
    transactionBegan = time.monotonic
    self.consumer = consumer
    self.transactions = transactions
    self.steps = steps
  }

  /// The error for people; if a right is missing, with the command that grants it.
  func words(_ error: KafkaError) -> String {
    let topics = [names.alerts, names.alertsCurrent, names.changelog]
    let own: [MissingRight.Purpose] = [.transactions(id: names.member.transactionalID), .group(names.member.group)]
    // Of several topics an error of a record names the one concerned, that of a transaction none.
    let named = topics.filter { error.message.contains(" \($0) [") }
    return error.words(for: own + [.writeOne(of: named.isEmpty ? topics : named)], configuration)
  }

  // MARK: Reading

  /// The maximum number of entries in a batch.
  static var batchSize: Int { 1000 }

  mutating func fetch<Receiver: LogReceiver & ~Copyable>(
    until deadline: MonotonicTime, into receiver: inout Receiver
  ) -> Bool {
    var count = take(consumer.fetch(), into: &receiver) + takeFollowed(into: &receiver)
    if count == 0, events.isEmpty {
      wait(until: deadline)
      count = take(consumer.fetch(), into: &receiver) + takeFollowed(into: &receiver)
    }
    return count >= Self.batchSize
  }

  /// How many records ahead one is announced: enough for memory to answer, few enough not to fill the cache.
  static var lookahead: Int { 4 }

  /// Gives a batch to the receiver. Returns the number of its entries.
  private mutating func take<Receiver: LogReceiver & ~Copyable>(
    _ batch: consuming Batch, into receiver: inout Receiver
  ) -> Int {
    if batch.count > 0 { receiver.batchBegins(at: time.monotonic) }
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
    return batch.count
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
