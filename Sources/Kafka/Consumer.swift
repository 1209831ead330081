internal import Crdkafka
import Platform

/// Reads records: by a group's assignment or one's own.
///
/// One thread uses it at a time, in a loop without time-outs: take all events, fetch until a batch is empty, wait for
/// the wake-up. Rebalances, errors and commits arrive as events; records of all partitions in one queue, in batches.
///
///     while let event = consumer.nextEvent() { … }
///     let batch = consumer.fetch()
///     if batch.isEmpty { wakeup.wait(until: …) }
///
/// What is delivered is free of librdkafka's known doubles: a record of a partition that isn't held, or below its
/// position, is dropped (`repeated` counts them).
public struct Consumer: ~Copyable, @unchecked Sendable {
  /// How records are read.
  public struct Options: Sendable {
    /// `group.id`; nil: no group, only `assign`.
    public var group: String?
    /// `isolation.level`: whether records of open and aborted transactions stay hidden.
    public var readsCommitted = true
    /// How a group spreads partitions.
    public var strategy = Strategy.cooperativeSticky
    /// What happens at a position that the log doesn't have (any more).
    public var reset = Reset.error
    /// Entries of a batch at most, 1 at least.
    public var batchSize = 1000
    /// KiB of records that may wait for a fetch, over all partitions; where it is reached, librdkafka may rest for up to
    /// a second before it fetches again.
    public var queueKiB = 32_768
    /// Records that may wait for a fetch; so high that the KiB decide.
    public var queueRecords = 1_000_000
    /// `session.timeout.ms`: after how much silence the group goes on without us.
    public var sessionTimeout = Duration.seconds(30)
    /// `max.poll.interval.ms`: after how long without a fetch.
    public var pollInterval = Duration.seconds(300)
    /// Topics that don't exist are created by asking for them, where brokers do that.
    public var createsTopics = false
    /// How often `.statistics` comes; nil: never.
    public var statisticsInterval: Duration?

    /// Of `group`, with everything else by default.
    public init(group: String? = nil) { self.group = group }
  }

  /// How a group spreads partitions over its members.
  public enum Strategy: String, Sendable {
    /// Who keeps a partition goes on reading it while others move.
    case cooperativeSticky = "cooperative-sticky"
    /// All stop while partitions move.
    case range
    /// All stop while partitions move.
    case roundRobin = "roundrobin"
  }

  /// What happens at a position that the log doesn't have.
  public enum Reset: String, Sendable {
    /// An error entry in a batch; the owner decides.
    case error
    /// On from the oldest record.
    case beginning = "earliest"
    /// On from the next record that comes.
    case end = "latest"
  }

  let client: Client
  let data: OpaquePointer
  let options: Options
  var table = PartitionTable()
  /// Partition queues that are forwarded to `data`.
  var forwarded: [TopicPartition: OpaquePointer] = [:]
  var pending: Rebalance?
  /// A question for the group's members whose answer is to come.
  var question: MembersQuestion?
  /// Whether the group was ever asked for partitions.
  private(set) var isSubscribed = false
  /// Whether the group has ever said what we are given, be it nothing.
  var wasAssigned = false
  private var storage: BatchStorage
  let wakeup: Wakeup
  /// Records that were dropped because they had been delivered before, or belonged to others.
  public private(set) var repeated = 0

  /// A consumer; connects in the background, also where no broker is there yet.
  ///
  /// - Parameter wakeup: rung when an event or a record arrives where there was none.
  /// - Throws: where a property is refused, or a file of TLS can't be read.
  public init(
    _ configuration: Configuration, options: Options = Options(), log: Logger, wakeup: Wakeup
  ) throws(KafkaError) {
    let conf = ClientConfiguration()
    // librdkafka wants a group for assign, too; without commits nobody ever sees it.
    try conf.set("group.id", options.group ?? "\(configuration.clientID)-without-group")
    try conf.set("enable.auto.commit", "false")
    try conf.set("enable.auto.offset.store", "false")
    try conf.set("enable.partition.eof", "true")
    try conf.set("auto.offset.reset", options.reset.rawValue)
    try conf.set("isolation.level", options.readsCommitted ? "read_committed" : "read_uncommitted")
    try conf.set("partition.assignment.strategy", options.strategy.rawValue)
    try conf.set("allow.auto.create.topics", options.createsTopics ? "true" : "false")
    try conf.set("queued.max.messages.kbytes", "\(max(1, options.queueKiB))")
    try conf.set("queued.min.messages", "\(max(1, options.queueRecords))")
    try conf.set("session.timeout.ms", "\(options.sessionTimeout.rdkafkaMilliseconds)")
    try conf.set(
      "max.poll.interval.ms", "\(max(options.pollInterval, options.sessionTimeout).rdkafkaMilliseconds)")
    if let interval = options.statisticsInterval {
      try conf.set("statistics.interval.ms", "\(interval.rdkafkaMilliseconds)")
    }
    client = try Client(
      RD_KAFKA_CONSUMER, configuration, conf: conf,
      events: RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_STATS, queue: .group,
      group: options.group, log: log, wakeup: wakeup)
    data = client.makeQueue()
    storage = BatchStorage(capacity: max(1, options.batchSize))
    self.options = options
    self.wakeup = wakeup
  }

  deinit {
    // Dropped without `close`, which ends in here as well.
    if !client.isClosed { client.cannotEnd = lacksAssignorState }
    for queue in forwarded.values { rd_kafka_queue_destroy(queue) }
  }

  /// Joins the group for these topics; partitions come as `.assigned` events. A name that begins with `^` is a regular
  /// expression. Replaces what was subscribed before.
  public mutating func subscribe(to topics: [String]) throws(KafkaError) {
    let list = PartitionList(topics.map { TopicPartition($0, RD_KAFKA_PARTITION_UA) })
    isSubscribed = true
    try KafkaError.check(rd_kafka_subscribe(client.handle, list.pointer))
  }

  /// Leaves the group; what is held is taken back by a `.revoked` event.
  public mutating func unsubscribe() throws(KafkaError) {
    try KafkaError.check(rd_kafka_unsubscribe(client.handle))
  }

  /// The records that have arrived, at most `Options.batchSize`, without waiting; empty: no more, wait for the wake-up.
  public mutating func fetch() -> Batch {
    if storage.isInUse { storage = BatchStorage(capacity: storage.capacity) }
    let storage = storage
    while true {
      let got = rd_kafka_consume_batch_queue(data, 0, storage.messages, storage.capacity)
      let count = take(max(0, got), storage)
      // What was only doubles is no end: more may wait, and the wake-up won't be rung for it.
      if count > 0 || got <= 0 {
        storage.lend()
        return Batch(storage, count: count)
      }
    }
  }

  /// Fills the views and drops what isn't ours; how many are left.
  private mutating func take(_ got: Int, _ storage: BatchStorage) -> Int {
    var kept = 0
    var lastTopic: OpaquePointer?
    var lastPartition: Int32 = -1
    var index: Int32 = -1
    var isHeld = false
    var position: Int64 = 0
    let drops = options.reset == .error
    for place in 0..<got {
      guard let pointer = storage.messages[place] else { continue }
      let message = pointer.pointee
      if message.rkt != lastTopic || message.partition != lastPartition {
        if index >= 0, isHeld { table.advance(index, to: position) }
        lastTopic = message.rkt
        lastPartition = message.partition
        index = -1
        if let topic = message.rkt, message.partition >= 0 {
          index = table.index(handle: UInt(bitPattern: topic), partition: message.partition) {
            rd_kafka_topic_name(topic).map { String(cString: $0) } ?? ""
          }
          isHeld = table.entries[Int(index)].isHeld
          position = table.entries[Int(index)].position ?? (drops ? 0 : -1)
        }
      }
      let kind: Message.Kind
      switch message.err {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        kind = .record
        guard index >= 0, isHeld, message.offset >= position || !drops else {
          repeated += 1
          rd_kafka_message_destroy(pointer)
          continue
        }
        position = message.offset + 1
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        kind = .endOfPartition
        guard index >= 0, isHeld else {
          rd_kafka_message_destroy(pointer)
          continue
        }
        position = max(position, message.offset)
      default:
        kind = .error
      }
      var timestampType = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
      let timestamp = kind == .record ? rd_kafka_message_timestamp(pointer, &timestampType) : -1
      storage.messages[kept] = pointer
      (storage.views + kept).initialize(
        to: Message(
          offset: message.offset, timestamp: timestamp,
          valueStart: kind == .record ? UnsafeRawPointer(message.payload) : nil,
          keyStart: UnsafeRawPointer(message.key),
          valueCount: message.len, keyCount: message.key_len, partitionIndex: index, kind: kind,
          timestampKind: timestampType == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME
            ? .appended : timestampType == RD_KAFKA_TIMESTAMP_CREATE_TIME ? .created : .none))
      kept += 1
    }
    if index >= 0, isHeld { table.advance(index, to: position) }
    return kept
  }

  /// Topic and partition of `Message.partitionIndex`.
  public func partition(at index: Int32) -> TopicPartition? {
    table.entries.indices.contains(Int(index)) ? table.entries[Int(index)].partition : nil
  }

  /// The index that messages of a partition carry; the partition need not be held yet.
  public mutating func index(of partition: TopicPartition) -> Int32 { table.index(of: partition) }

  /// The partitions that are held now.
  public var held: [TopicPartition] { table.held }

  /// The offset behind the last entry that was fetched, markers of transactions included once the partition's end was
  /// seen; nil: nothing was fetched since the partition was taken.
  public func position(of partition: TopicPartition) -> Int64? {
    table.knownIndex(of: partition).flatMap { table.entries[Int($0)].position }
  }
}
