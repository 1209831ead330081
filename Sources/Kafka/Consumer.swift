internal import Crdkafka
import Platform

/// Reads records, from partitions that a group assigns or that are given with `assign`.
///
/// One thread uses it at a time, in a loop that never blocks in a call: take all events, fetch until a batch is empty,
/// wait for the wake-up. Rebalances, errors and commits arrive as events; records of all partitions arrive in one
/// queue, in batches.
///
///     while let event = consumer.nextEvent() { … }
///     let batch = consumer.fetch()
///     if batch.isEmpty { wakeup.wait(until: …) }
///
/// librdkafka's known duplicates are removed: a record of a partition that isn't held, or below its position, is
/// dropped (`repeated` counts them).
public struct Consumer: ~Copyable, @unchecked Sendable {
  /// How records are read.
  public struct Options: Sendable {
    /// `group.id`; nil for no group, only `assign`.
    public var group: String?
    /// `isolation.level`: whether records of open and aborted transactions are hidden.
    public var readsCommitted = true
    /// How the group assigns partitions.
    public var strategy = Strategy.cooperativeSticky
    /// `group.instance.id`: makes this a static member. The next one to join with this name gets our partitions at once
    /// and fences us (`.fencedInstance`); closing doesn't leave the group. nil for a dynamic member, which is new each
    /// time.
    public var instance: String?
    /// What happens if the log doesn't have the position (any more).
    public var reset = Reset.error
    /// The maximum number of entries in a batch, at least 1.
    public var batchSize = 1000
    /// The maximum KiB of records that wait for a fetch, over all partitions. When it is reached, librdkafka may pause
    /// fetching for up to a second.
    public var queueKiB = 32_768
    /// The maximum number of records that wait for a fetch; so high that `queueKiB` decides.
    public var queueRecords = 1_000_000
    /// `session.timeout.ms`: how long we may be silent before the group removes us.
    public var sessionTimeout = Duration.seconds(30)
    /// `heartbeat.interval.ms`: how often we send a heartbeat to the group, and learn of its rebalances.
    public var heartbeatInterval = Duration.seconds(3)
    /// `max.poll.interval.ms`: how long we may go without a fetch before the group removes us.
    public var pollInterval = Duration.seconds(300)
    /// Whether a request for a missing topic creates it, if brokers allow that.
    public var createsTopics = false
    /// The interval of `.statistics` events; nil for none.
    public var statisticsInterval: Duration?

    /// Options for `group`, with defaults for the rest.
    public init(group: String? = nil) { self.group = group }
  }

  /// How a group assigns partitions to its members.
  public enum Strategy: String, Sendable {
    /// Members go on reading the partitions that they keep while others move.
    case cooperativeSticky = "cooperative-sticky"
    /// All members stop while partitions move.
    case range
    /// All members stop while partitions move.
    case roundRobin = "roundrobin"
  }

  /// What happens if the log doesn't have the position.
  public enum Reset: String, Sendable {
    /// The batch gets an error entry; the owner decides.
    case error
    /// Continues at the oldest record.
    case beginning = "earliest"
    /// Continues at the next record to be written.
    case end = "latest"
  }

  let client: Client
  let data: OpaquePointer
  let options: Options
  var table = PartitionTable()
  /// The partition queues that are forwarded to `data`, so that a rebalance, which arrives in the consumer's own queue,
  /// isn't hidden behind records. Empty without a group: `data` then is the consumer's own queue.
  var forwarded: [TopicPartition: OpaquePointer] = [:]
  var pending: Rebalance?
  /// The pending request for the group's members; nil if there is none.
  var question: MembersQuestion?
  /// Whether `subscribe` was ever called.
  private(set) var isSubscribed = false
  /// Whether the group has ever sent us an assignment, even an empty one.
  var wasAssigned = false
  private var storage: BatchStorage
  let wakeup: Wakeup
  /// The number of dropped records: duplicates, and records of partitions that aren't held.
  public private(set) var repeated = 0

  /// Creates a consumer. It connects in the background, even if no broker is reachable yet.
  ///
  /// - Parameter wakeup: rung when an event or a record arrives in an empty queue.
  /// - Throws: if a property is refused, or a TLS file can't be read.
  public init(
    _ configuration: Configuration, options: Options = Options(), log: Logger, wakeup: Wakeup
  ) throws(KafkaError) {
    let conf = ClientConfiguration()
    // librdkafka requires a group even for `assign`. Without commits it is never visible to brokers.
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
    if let instance = options.instance { try conf.set("group.instance.id", instance) }
    try conf.set("session.timeout.ms", "\(options.sessionTimeout.rdkafkaMilliseconds)")
    try conf.set("heartbeat.interval.ms", "\(options.heartbeatInterval.rdkafkaMilliseconds)")
    try conf.set(
      "max.poll.interval.ms", "\(max(options.pollInterval, options.sessionTimeout).rdkafkaMilliseconds)")
    if let interval = options.statisticsInterval {
      try conf.set("statistics.interval.ms", "\(interval.rdkafkaMilliseconds)")
    }
    client = try Client(
      RD_KAFKA_CONSUMER, configuration, conf: conf,
      events: RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_STATS,
      queue: options.group == nil ? .main : .group, group: options.group, log: log, wakeup: wakeup)
    data = options.group == nil ? client.consumerQueue() : client.makeQueue()
    storage = BatchStorage(capacity: max(1, options.batchSize))
    self.options = options
    self.wakeup = wakeup
  }

  deinit {
    // Dropped without `close`. A closed consumer ends here, too.
    if !client.isClosed {
      client.cannotEnd = lacksAssignorState
      _ = client.close(by: nil, isMember: options.group != nil)
    }
    for queue in forwarded.values { rd_kafka_queue_destroy(queue) }
  }

  /// Joins the group for these topics; partitions come as `.assigned` events. A name that begins with `^` is a regular
  /// expression. Replaces an earlier subscription.
  public mutating func subscribe(to topics: [String]) throws(KafkaError) {
    let list = PartitionList(topics.map { TopicPartition($0, RD_KAFKA_PARTITION_UA) })
    isSubscribed = true
    try KafkaError.check(rd_kafka_subscribe(client.handle, list.pointer))
  }

  /// Leaves the group; held partitions are revoked by a `.revoked` event.
  public mutating func unsubscribe() throws(KafkaError) {
    try KafkaError.check(rd_kafka_unsubscribe(client.handle))
  }

  /// The records that have arrived, at most `Options.batchSize`, without waiting. If the batch is empty, wait for the
  /// wake-up.
  public mutating func fetch() -> Batch {
    if storage.isInUse { storage = BatchStorage(capacity: storage.capacity) }
    let storage = storage
    while true {
      let got = rd_kafka_consume_batch_queue(data, 0, storage.messages, storage.capacity)
      let count = take(max(0, got), storage)
      // If all were duplicates, more records may wait, and the wake-up isn't rung for them.
      if count > 0 || got <= 0 {
        storage.lend()
        return Batch(storage, count: count)
      }
    }
  }

  /// Fills the views and drops records that aren't ours. Returns how many are left.
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
        // Of no partition: librdkafka looks for a group's coordinator even if the group is only its placeholder.
        if message.rkt == nil, options.group == nil {
          rd_kafka_message_destroy(pointer)
          continue
        }
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

  /// The topic and partition of `Message.partitionIndex`; nil if there is none.
  public func partition(at index: Int32) -> TopicPartition? {
    table.entries.indices.contains(Int(index)) ? table.entries[Int(index)].partition : nil
  }

  /// The index that messages of a partition carry. The partition need not be held yet.
  public mutating func index(of partition: TopicPartition) -> Int32 { table.index(of: partition) }

  /// The fatal error of the consumer; nil if there is none.
  public var fatalError: KafkaError? { client.fatalError }

  /// The partitions currently held.
  public var held: [TopicPartition] { table.held }

  /// The offset after the last entry that was fetched. After the end of the partition it includes transaction markers.
  /// nil if nothing was fetched since the partition was assigned.
  public func position(of partition: TopicPartition) -> Int64? {
    table.knownIndex(of: partition).flatMap { table.entries[Int($0)].position }
  }
}
