internal import Crdkafka
import Platform

/// Sends records: idempotent, `acks=all`, in order per partition. There is no delivery time-out, so no record is given
/// up while brokers are unreachable.
///
/// One thread uses it at a time. Its queue is bounded (`Options`): if it is full, `produce` returns `.queueFull` and
/// takes nothing; the caller serves deliveries and tries again. Deliveries arrive only in `serve`, `flush` and `close`.
public struct Producer: ~Copyable, @unchecked Sendable {
  /// The bounds of the producer's queue, and how it sends.
  public struct Options: Sendable {
    /// Maximum records that wait or are in flight; at least 1.
    public var queueRecords = 100_000
    /// Maximum KiB that wait or are in flight; at least 1.
    public var queueKiB = 65_536
    /// How long a record waits for others to share its batch; nil for librdkafka's 5 ms, which cost one more wake-up
    /// for each single record.
    public var linger: Duration?
    /// Maximum batch size in bytes; nil for librdkafka's 1 MB. A topic may allow less.
    public var batchBytes: Int?
    /// Maximum requests in flight per connection; nil for librdkafka's 5.
    public var inFlight: Int?
    /// Whether a record that can't be delivered makes the producer fail (`fatalError`) before any record after it is
    /// sent, so that all can be resent in order.
    public var isGapless = false

    /// librdkafka's default number of records, and 64 MiB.
    public init() {}
  }

  /// Whether a record was accepted.
  public enum Produced: Equatable, Sendable {
    /// It will be delivered, or reported as failed by `serve`.
    case accepted
    /// The queue is full: serve deliveries, wait for the wake-up, try again.
    case queueFull
  }

  /// The delivery report of one record. Valid only during the call that passes it.
  public struct Delivery {
    private let message: rd_kafka_message_t
    /// Why it wasn't delivered; nil if all in-sync replicas have it.
    public let error: KafkaError?
    /// When the broker appended it, by its own clock; nil if the topic's records have the producer's times
    /// (`message.timestamp.type`).
    public let appendTime: WallTime?
    /// From `produce` until the answer came; nil if unknown.
    public let latency: Duration?

    init(_ message: rd_kafka_message_t, _ error: KafkaError?, appendTime: WallTime?, latency: Duration?) {
      self.message = message
      self.error = error
      self.appendTime = appendTime
      self.latency = latency
    }

    /// The error code of the record itself, even if `error` is the producer's fatal error. All records of a batch that
    /// a broker refuses share its answer.
    public var code: KafkaError.Code { KafkaError.Code(message.err) }
    /// The size of key and value in bytes.
    public var size: Int { message.key_len + message.len }
    /// The token passed to `produce`.
    public var token: UInt { UInt(bitPattern: message._private) }
    /// The record's partition; -1 if none was chosen.
    public var partition: Int32 { message.partition }
    /// The record's offset; -1 if it has none.
    public var offset: Int64 { message.offset }
    /// The record's topic.
    public var topic: String { String(cString: rd_kafka_topic_name(message.rkt)) }
  }

  let client: Client
  /// The number of records accepted and not yet reported.
  public private(set) var outstanding = 0
  private var lastTopic = ""
  private var lastHandle: OpaquePointer?

  /// Creates a producer. It connects in the background, even if no broker is reachable yet.
  ///
  /// - Parameter wakeup: rung when deliveries arrive; nil for a loop that serves at its own ticks.
  /// - Throws: if a property is refused, or a TLS file can't be read.
  public init(
    _ configuration: Configuration, options: Options = Options(), log: Logger, wakeup: Wakeup? = nil
  ) throws(KafkaError) {
    let conf = ClientConfiguration()
    try conf.set("message.timeout.ms", "0")
    try self.init(configuration, conf: conf, options: options, log: log, wakeup: wakeup)
  }

  /// Creates a producer with the additional properties of `conf`.
  init(
    _ configuration: Configuration, conf: ClientConfiguration, options: Options, log: Logger, wakeup: Wakeup?
  ) throws(KafkaError) {
    try conf.set("enable.idempotence", "true")
    // With this setting ListOffsets returns the high watermark as the end of a partition (`highWatermarks`).
    try conf.set("isolation.level", "read_uncommitted")
    try conf.set("partitioner", "murmur2_random")
    try conf.set("queue.buffering.max.messages", "\(max(1, options.queueRecords))")
    try conf.set("queue.buffering.max.kbytes", "\(max(1, options.queueKiB))")
    if let linger = options.linger { try conf.set("linger.ms", "\(max(0, linger.wholeMilliseconds))") }
    if let bytes = options.batchBytes { try conf.set("batch.size", "\(max(1, bytes))") }
    if let requests = options.inFlight {
      try conf.set("max.in.flight.requests.per.connection", "\(max(1, requests))")
    }
    if options.isGapless { conf.setIfKnown("enable.gapless.guarantee", "true") }
    client = try Client(
      RD_KAFKA_PRODUCER, configuration, conf: conf, events: RD_KAFKA_EVENT_DR, queue: .main, log: log, wakeup: wakeup)
  }

  /// Passes a record to the producer, which copies its bytes.
  ///
  /// - Parameters:
  ///   - partition: nil to choose it by the key's murmur2 hash, as Java's clients do; without a key, any.
  ///   - key: nil for none.
  ///   - value: nil for a tombstone.
  ///   - timestamp: nil for now. A topic with LogAppendTime replaces it.
  ///   - token: returned with the delivery.
  /// - Throws: if no retry can send the record: it is too large, the topic is invalid, or the client has failed for
  ///   good.
  public mutating func produce(
    topic: String, partition: Int32? = nil, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
    timestamp: WallTime? = nil, token: UInt = 0
  ) throws(KafkaError) -> Produced {
    let handle: OpaquePointer
    if let last = lastHandle, lastTopic == topic {
      handle = last
    } else {
      handle = try client.topic(topic)
      lastTopic = topic
      lastHandle = handle
    }
    let code = statusd_produce(
      client.handle, handle, partition ?? RD_KAFKA_PARTITION_UA, Self.start(key), key?.count ?? 0,
      Self.start(value), value?.count ?? 0, timestamp?.milliseconds ?? 0,
      UnsafeMutableRawPointer(bitPattern: token))
    switch code {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      outstanding += 1
      return .accepted
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return .queueFull
    default:
      throw client.fatalError ?? KafkaError(code)
    }
  }

  /// The start of the bytes, not nil even if there are none: nil would mean null in Kafka.
  private static func start(_ bytes: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
    bytes.flatMap { $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1) }
  }

  /// The fatal error of the producer; nil if there is none. Create a new one then, and resend what wasn't delivered.
  public var fatalError: KafkaError? { client.fatalError }

  /// Processes everything that has arrived, without waiting: deliveries go to `body`, librdkafka's logs and errors to
  /// the log.
  ///
  /// - Returns: the number of deliveries.
  @discardableResult
  public mutating func serve(_ body: (Delivery) -> Void = { _ in }) -> Int {
    var count = 0
    while let event = rd_kafka_queue_poll(client.events, 0) { count += take(event, body) }
    return count
  }

  /// Serves until everything is delivered or the monotonic clock reaches `deadline`.
  ///
  /// - Returns: the number of records still outstanding.
  public mutating func flush(by deadline: MonotonicTime, _ body: (Delivery) -> Void = { _ in }) -> Int {
    while outstanding > 0 {
      // Sends half-filled batches at once.
      rd_kafka_flush(client.handle, 0)
      let left = (deadline - SystemTime().monotonic).rdkafkaMilliseconds
      if let event = rd_kafka_queue_poll(client.events, min(left, 100)) {
        _ = take(event, body)
        serve(body)
      } else if left == 0 {
        break
      }
    }
    return outstanding
  }

  /// Flushes and destroys the producer, both by `deadline`. If destroying takes longer, it continues on a thread of its
  /// own.
  ///
  /// - Returns: the number of records that were not delivered.
  public consuming func close(by deadline: MonotonicTime, _ body: (Delivery) -> Void = { _ in }) -> Int {
    let left = flush(by: deadline, body)
    _ = client.close(by: deadline)
    return left
  }

  private mutating func take(_ event: OpaquePointer, _ body: (Delivery) -> Void) -> Int {
    defer { rd_kafka_event_destroy(event) }
    guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR else {
      _ = client.reporter.report(event)
      return 0
    }
    var count = 0
    var isAnswer = false
    while let message = rd_kafka_event_message_next(event) {
      let record = message.pointee
      var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
      let time = rd_kafka_message_timestamp(message, &kind)
      let latency = rd_kafka_message_latency(message)
      count += 1
      outstanding -= 1
      isAnswer = isAnswer || record.err == RD_KAFKA_RESP_ERR_NO_ERROR
      body(
        Delivery(
          record, record.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : client.fatalError ?? KafkaError(record.err),
          appendTime: kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? WallTime(milliseconds: time) : nil,
          latency: latency < 0 ? nil : .microseconds(latency)))
    }
    if isAnswer { client.reporter.noteAnswer() }
    return count
  }
}
