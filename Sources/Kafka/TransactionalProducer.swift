internal import Crdkafka
import Platform

/// Sends records and a consumer's offsets in transactions: read_committed readers see all of a transaction or nothing.
///
///     initialize  →  begin  →  produce …, sendOffsets  →  commit, or abort  →  begin  →  …
///
/// Each error names its remedy: `.retry` repeats the same call, `.abortTransaction` also needs the input rewound,
/// `.recreateClient` follows fencing by another producer with the same `transactional.id`. One thread uses it at a
/// time. Unlike a producer without transactions, it gives up a record after the transaction's time-out.
public struct TransactionalProducer: ~Copyable, @unchecked Sendable {
  /// The identity of the producer, and the time limits of a transaction.
  public struct Options: Sendable {
    /// `transactional.id`: a new producer with the same id aborts this one's open transaction and fences it.
    public var id: String
    /// `transaction.timeout.ms`: after this time the broker aborts the transaction of a producer that is gone.
    public var timeout = Duration.seconds(10)
    /// How long to wait for the answer to a commit or an abort before the producer is given up. The brokers have ended
    /// its transaction long before.
    public var longestCall = Duration.seconds(60)
    /// The bounds of its queue.
    public var queue = Producer.Options()

    /// Options for this transactional id, with defaults for the rest.
    public init(id: String) { self.id = id }
  }

  private var producer: Producer
  private var reports = Reports()
  /// The first error of a record in the open transaction.
  private var failure: KafkaError? { reports.failure }
  /// Whether a call of the open transaction ended without an answer from brokers.
  private var lacksAnswer = false
  /// The call in progress.
  private var current: TransactionCall?
  /// The error of a call that didn't return in time. It still occupies the client, so nothing more can be done with it.
  private var abandonment: KafkaError?
  private let longestCall: Duration
  /// When the commit in progress was sent.
  private var commitBegan: MonotonicTime?
  /// How long brokers took to commit the last transaction; nil if there was none.
  public private(set) var commitLatency: Duration?

  /// Whether brokers may still execute a request of the open transaction: a call that timed out, or a record that isn't
  /// acknowledged.
  ///
  /// An abort doesn't cancel such a request. A late one counts for the next transaction of the same epoch, or leaves a
  /// hanging transaction that hides all later records (KIP-890). And while a commit may have been decided, there is
  /// nothing to abort. Only a new producer with the same id excludes late requests, by its `initialize`.
  public var isInDoubt: Bool {
    lacksAnswer || current?.kind == .commit || producer.outstanding > 0 || failure.lacksAnswer
  }

  /// Creates a producer. It connects in the background. Nothing may be sent before `initialize`.
  public init(
    _ configuration: Configuration, options: Options, log: Logger, wakeup: Wakeup? = nil
  ) throws(KafkaError) {
    let conf = ClientConfiguration()
    try conf.set("transactional.id", options.id)
    try conf.set("transaction.timeout.ms", "\(options.timeout.rdkafkaMilliseconds)")
    // Right after a transaction the coordinator is still busy. librdkafka's default backoff of 100 ms would limit the
    // rate.
    try conf.set("retry.backoff.ms", "5")
    producer = try Producer(configuration, conf: conf, options: options.queue, log: log, wakeup: wakeup)
    longestCall = options.longestCall
  }

  var client: Client { producer.client }

  /// The fatal error of the producer; nil if there is none.
  public var fatalError: KafkaError? { abandonment ?? producer.fatalError }

  /// Acquires the transactional id: ends the open transaction of its former owner, and fences it. Call it once, first;
  /// repeat it after a `.retry` error.
  public mutating func initialize(within limit: Duration) throws(KafkaError) {
    let error = KafkaError(
      consuming: rd_kafka_init_transactions(producer.client.handle, limit.rdkafkaMilliseconds))
    producer.serve()
    if let error { throw said(error) }
    producer.client.reporter.noteAnswer()
  }

  /// When brokers appended the last record of the current or last transaction, by their clocks; nil if its topics have
  /// the producers' times.
  public var appendTime: WallTime? { reports.appendTime }

  /// The greatest time from `produce` until brokers had a record, in the current or last transaction; nil if unknown.
  public var appendLatency: Duration? { reports.latency }

  /// Begins a transaction, without a request.
  public mutating func begin() throws(KafkaError) {
    if let abandonment { throw abandonment }
    if let current { throw unanswered(current) }
    reports = Reports()
    lacksAnswer = false
    if let error = KafkaError(consuming: rd_kafka_begin_transaction(producer.client.handle)) { throw said(error) }
  }

  /// Passes a record to the transaction; its bytes are copied. A compacted topic needs a key, otherwise the whole
  /// transaction fails.
  public mutating func produce(
    topic: String, partition: Int32? = nil, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
    timestamp: WallTime? = nil, token: UInt = 0
  ) throws(KafkaError) -> Producer.Produced {
    try producer.produce(
      topic: topic, partition: partition, key: key, value: value, timestamp: timestamp, token: token)
  }

  /// The high watermark of each partition as its leader reports it now, open transactions included; nil if it gives no
  /// answer.
  public func highWatermarks(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    try producer.highWatermarks(of: partitions, within: limit)
  }

  /// Processes everything that has arrived, without waiting. A failed record fails the transaction.
  public mutating func serve() {
    var reports = reports
    producer.serve { reports.take($0) }
    self.reports = reports
  }

  /// Returns the topics that refused records for their size since the last call, each with the size in bytes of key and
  /// value of the smallest one. All records of a refused batch are reported.
  public mutating func takeTooLarge() -> [String: Int] {
    defer { reports.tooLarge = [:] }
    return reports.tooLarge
  }

  /// Adds a group's offsets (the next record to read in each partition) to the transaction.
  ///
  /// If the group has no coordinator, librdkafka's call ignores its limit and returns only when one of its connections
  /// changes (https://github.com/confluentinc/librdkafka/issues/5456). This call then gives up half a second after
  /// `limit`, and the producer fails with it: the remedy is `.recreateClient`.
  ///
  /// - Parameter group: the consumer's current metadata. The broker refuses it after the next rebalance (KIP-447).
  public mutating func sendOffsets(
    _ offsets: [PartitionOffset], of group: consuming GroupMetadata, within limit: Duration
  ) throws(KafkaError) {
    let deadline = SystemTime().monotonic + limit + .milliseconds(500)
    let positions = GroupPositions(offsets, group)
    let call = try call(.offsets) { handle in
      rd_kafka_send_offsets_to_transaction(
        handle, positions.offsets.pointer, positions.group.pointer, limit.rdkafkaMilliseconds)
    }
    guard call.isAnswered(by: deadline) else {
      throw abandoned("the group's coordinator hasn't accepted the offsets within \(limit)")
    }
    try end(call.error)
  }

  /// Waits for all records, then commits.
  ///
  /// - Throws: `.retry` means that the result isn't known yet: call it again. `.abortTransaction` means that no reader
  ///   will see the transaction.
  public mutating func commit(within limit: Duration) throws(KafkaError) {
    let deadline = SystemTime().monotonic + limit
    if current == nil {
      var reports = reports
      let left = producer.flush(by: deadline) { reports.take($0) }
      self.reports = reports
      if left > 0, failure == nil {
        throw KafkaError(code: .timedOut, message: "\(left) records not delivered within \(limit)", isRetriable: true)
      }
      commitBegan = SystemTime().monotonic
    }
    try finish(.commit, by: deadline, rd_kafka_commit_transaction)
    commitLatency = commitBegan.map { SystemTime().monotonic - $0 }
  }

  /// Aborts the transaction. Not allowed if `isInDoubt`.
  ///
  /// - Throws: `.retry` means that it isn't done yet: call it again.
  public mutating func abort(within limit: Duration) throws(KafkaError) {
    try finish(.abort, by: SystemTime().monotonic + limit, rd_kafka_abort_transaction)
    reports.failure = nil
  }

  /// Starts the call that ends the transaction, or continues to wait for it.
  private mutating func finish(
    _ kind: TransactionCall.Kind, by deadline: MonotonicTime,
    _ function: @escaping (_ handle: OpaquePointer?, _ limit: Int32) -> OpaquePointer?
  ) throws(KafkaError) {
    let call = try call(kind) { [longestCall] handle in
      function(handle, longestCall.rdkafkaMilliseconds)
    }
    while true {
      let now = SystemTime().monotonic
      // The call also waits for delivery reports, which must be served meanwhile.
      let slice = producer.outstanding > 0 ? min(deadline, now + .milliseconds(5)) : deadline
      if call.isAnswered(by: slice) {
        if call.error?.code == .timedOut { throw abandoned("no broker has answered the \(kind)") }
        return try end(call.error)
      }
      serve()
      if now >= deadline {
        throw KafkaError(code: .timedOut, message: "no answer to the \(kind) yet", isRetriable: true)
      }
    }
  }

  /// The call in progress, or a new one.
  private mutating func call(
    _ kind: TransactionCall.Kind, _ body: @escaping (_ handle: OpaquePointer) -> OpaquePointer?
  ) throws(KafkaError) -> TransactionCall {
    if let abandonment { throw abandonment }
    guard let current else {
      let call = try TransactionCall.start(kind, of: producer.client, body)
      current = call
      return call
    }
    if current.kind != kind { throw unanswered(current) }
    return current
  }

  private func unanswered(_ call: TransactionCall) -> KafkaError {
    KafkaError(code: .conflict, message: "the \(call.kind) hasn't been answered yet", isRetriable: true)
  }

  /// Finishes a call that has its answer.
  private mutating func end(_ error: KafkaError?) throws(KafkaError) {
    current = nil
    serve()
    lacksAnswer = error.lacksAnswer
    if let error { throw said(error) }
    producer.client.reporter.noteAnswer()
  }

  /// Gives up the call in progress, and with it the producer.
  private mutating func abandoned(_ reason: String) -> KafkaError {
    let error = KafkaError(code: .timedOut, message: reason, isFatal: true)
    (abandonment, lacksAnswer) = (error, true)
    return error
  }

  /// Destroys the producer by `deadline`. An open transaction is left to its time-out. If destroying takes longer, it
  /// continues on a thread of its own.
  public consuming func close(by deadline: MonotonicTime) {
    _ = producer.client.close(by: deadline)
  }

  /// Adds the message of the failed record that caused the error. An error without any flag counts as fatal.
  private func said(_ error: KafkaError) -> KafkaError {
    var error = error
    if let failure, error.requiresAbort, !error.message.contains(failure.message) {
      error.message += ": \(failure.message)"
    }
    let isCallersFault = error.code == .state || error.code == .invalidArgument
    if !error.isRetriable, !error.requiresAbort, !isCallersFault { error.isFatal = true }
    return error
  }
}

/// What the delivery reports of a transaction say.
private struct Reports {
  /// The first error.
  var failure: KafkaError?
  var appendTime: WallTime?
  /// The greatest.
  var latency: Duration?
  var tooLarge: [String: Int] = [:]

  mutating func take(_ delivery: Producer.Delivery) {
    guard let error = delivery.error else {
      if let time = delivery.appendTime { appendTime = max(appendTime ?? time, time) }
      if let time = delivery.latency { latency = max(latency ?? time, time) }
      return
    }
    failure = failure ?? error
    if delivery.code == .messageTooLarge {
      tooLarge[delivery.topic] = min(delivery.size, tooLarge[delivery.topic] ?? .max)
    }
  }
}

extension KafkaError? {
  /// Whether librdkafka gave up by itself, so that no broker has reported the result. librdkafka's own codes are
  /// negative.
  fileprivate var lacksAnswer: Bool { map { $0.code.rawValue < 0 } ?? false }
}

/// The arguments of `rd_kafka_send_offsets_to_transaction`, owned by a thread that may outlive the call.
private final class GroupPositions {
  let offsets: PartitionList
  let group: GroupMetadata

  init(_ offsets: [PartitionOffset], _ group: consuming GroupMetadata) {
    self.offsets = PartitionList(offsets)
    self.group = group
  }
}

/// A consumer's member id and generation in its group, for `TransactionalProducer.sendOffsets`.
public struct GroupMetadata: ~Copyable {
  let pointer: OpaquePointer

  deinit { rd_kafka_consumer_group_metadata_destroy(pointer) }

  /// The group's generation as the consumer knows it; negative if it isn't a member, in which case brokers would accept
  /// any offsets with this metadata. nil if this librdkafka doesn't tell.
  public var generation: Int32? {
    let number = statusd_generation(pointer)
    return number == .min ? nil : number
  }
}

extension Consumer {
  /// This consumer's current group metadata.
  ///
  /// - Throws: `.state` if it has no group. Brokers accept metadata of a non-member without a check, so the caller must
  ///   hold an assignment.
  public func groupMetadata() throws(KafkaError) -> GroupMetadata {
    guard options.group != nil, let pointer = rd_kafka_consumer_group_metadata(client.handle) else {
      throw KafkaError(code: .state, message: "the consumer has no group")
    }
    return GroupMetadata(pointer: pointer)
  }

  /// Whether the assignment was lost, so that a commit would be refused and a transaction must be aborted.
  public var hasLostAssignment: Bool { rd_kafka_assignment_lost(client.handle) != 0 }
}
