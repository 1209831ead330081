internal import Crdkafka
import Platform

/// Sends records: idempotent, `acks=all`, in order per partition, without a delivery time-out, so that nothing is given
/// up while brokers are away.
///
/// One thread uses it at a time. Its queue is bounded (`Options`): where it is full, `produce` says so and takes
/// nothing; the caller serves deliveries and tries again. Deliveries arrive only in `serve`, `flush` and `close`.
public struct Producer: ~Copyable, @unchecked Sendable {
  /// What may wait inside the producer, and how it sends.
  public struct Options: Sendable {
    /// Records that may wait or be in flight; 1 at least.
    public var queueRecords = 100_000
    /// KiB that may wait or be in flight; 1 at least.
    public var queueKiB = 65_536
    /// How long a record waits for others to go with it; nil: librdkafka's own 5 ms, which is one more wake-up for each
    /// record that stays alone.
    public var linger: Duration?
    /// Bytes of a batch at most; nil: librdkafka's own 1 MB. A topic may take less than that.
    public var batchBytes: Int?
    /// Requests that may be on their way at once; nil: librdkafka's own 5.
    public var inFlight: Int?
    /// Whether a record that can't be delivered ends the producer (`fatalError`) before any behind it is sent, so that
    /// all can be sent again in order.
    public var isGapless = false

    /// librdkafka's own bounds on records, and 64 MiB.
    public init() {}
  }

  /// Whether a record was taken.
  public enum Produced: Equatable, Sendable {
    /// It will be delivered, or reported by `serve`.
    case accepted
    /// There is no room: serve deliveries, wait for the wake-up, try again.
    case queueFull
  }

  /// What became of one record; to be read during the call that brings it.
  public struct Delivery {
    private let message: rd_kafka_message_t
    /// Why it wasn't delivered; nil: it was, all replicas in sync have it.
    public let error: KafkaError?

    init(_ message: rd_kafka_message_t, _ error: KafkaError?) {
      self.message = message
      self.error = error
    }

    /// What was said of the record itself, also where the error is that of a producer which ended by it. All records of a
    /// batch that a broker refuses share its answer.
    public var code: KafkaError.Code { KafkaError.Code(message.err) }
    /// Bytes of key and value.
    public var size: Int { message.key_len + message.len }
    /// What `produce` was given.
    public var token: UInt { UInt(bitPattern: message._private) }
    /// The partition it went to; -1 where none was chosen.
    public var partition: Int32 { message.partition }
    /// Its offset; -1 where it has none.
    public var offset: Int64 { message.offset }
    /// The topic that it was for.
    public var topic: String { String(cString: rd_kafka_topic_name(message.rkt)) }
    /// The record's key; nil: it has none.
    public var key: UnsafeRawBufferPointer? {
      message.key.map { UnsafeRawBufferPointer(start: $0, count: message.key_len) }
    }
    /// The record's value; nil: a tombstone.
    public var value: UnsafeRawBufferPointer? {
      message.payload.map { UnsafeRawBufferPointer(start: $0, count: message.len) }
    }
  }

  let client: Client
  /// Accepted and not yet reported.
  public private(set) var outstanding = 0
  private var lastTopic = ""
  private var lastHandle: OpaquePointer?

  /// A producer; connects in the background, also where no broker is there yet.
  ///
  /// - Parameter wakeup: rung when deliveries arrive; nil for a loop that serves at its own ticks.
  /// - Throws: where a property is refused, or a file of TLS can't be read.
  public init(
    _ configuration: Configuration, options: Options = Options(), log: Logger, wakeup: Wakeup? = nil
  ) throws(KafkaError) {
    let conf = ClientConfiguration()
    try conf.set("message.timeout.ms", "0")
    try self.init(configuration, conf: conf, options: options, log: log, wakeup: wakeup)
  }

  /// A producer with what `conf` brings along.
  init(
    _ configuration: Configuration, conf: ClientConfiguration, options: Options, log: Logger, wakeup: Wakeup?
  ) throws(KafkaError) {
    try conf.set("enable.idempotence", "true")
    // What it is told of a partition's end is the high watermark (`highWatermarks`).
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

  /// Hands a record over; its bytes are copied.
  ///
  /// - Parameters:
  ///   - partition: nil: by the key's murmur2, as Java's clients do; without a key, any.
  ///   - key: nil: none.
  ///   - value: nil: a tombstone.
  ///   - timestamp: nil: now. A topic with LogAppendTime keeps neither.
  ///   - token: comes back with the delivery.
  /// - Throws: where the record can't be sent by any waiting: too large, an impossible topic, a client that is fatal.
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

  /// The start of bytes that are there, also where there are none of them: nil would be null in Kafka.
  private static func start(_ bytes: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
    bytes.flatMap { $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1) }
  }

  /// The error that has ended the producer, if one has: make a new one and send again what wasn't delivered.
  public var fatalError: KafkaError? { client.fatalError }

  /// Waits no longer for anything that is outstanding: all of it is reported as not delivered, though brokers may have
  /// some. For a producer that has failed, whose records another one sends again (`rd_kafka_purge`).
  public mutating func purge() {
    rd_kafka_purge(client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
  }

  /// Takes all that has arrived, without waiting: deliveries go to `body`, logs and errors of the connection to the log.
  ///
  /// - Returns: how many deliveries there were.
  @discardableResult
  public mutating func serve(_ body: (Delivery) -> Void = { _ in }) -> Int {
    var count = 0
    while let event = rd_kafka_queue_poll(client.events, 0) { count += take(event, body) }
    return count
  }

  /// Serves until everything is delivered or the monotonic clock has come to `deadline`.
  ///
  /// - Returns: how many records are still outstanding.
  public mutating func flush(by deadline: MonotonicTime, _ body: (Delivery) -> Void = { _ in }) -> Int {
    while outstanding > 0 {
      // Ends the lingering of half-filled batches.
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

  /// Flushes and ends the producer, both until `deadline`; what takes longer is left behind on a thread of its own.
  ///
  /// - Returns: how many records were not delivered.
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
      count += 1
      outstanding -= 1
      isAnswer = isAnswer || record.err == RD_KAFKA_RESP_ERR_NO_ERROR
      body(
        Delivery(
          record, record.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : client.fatalError ?? KafkaError(record.err)))
    }
    if isAnswer { client.reporter.noteAnswer() }
    return count
  }
}
