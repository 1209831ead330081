internal import Crdkafka
import Platform

/// Sends records and a consumer's offsets in transactions: readers of committed records see all of one or nothing.
///
///     initialize  →  begin  →  produce …, sendOffsets  →  commit, or abort  →  begin  →  …
///
/// Each call's error names its remedy: `.retry` the same call, `.abortTransaction` and rewind the input, or
/// `.recreateClient`, as after being fenced by another producer of the same `transactional.id`. One thread uses it at a
/// time. It gives up a record after the transaction's time-out; a producer without transactions never does.
public struct TransactionalProducer: ~Copyable, @unchecked Sendable {
  /// Who it is, and how long a transaction may take.
  public struct Options: Sendable {
    /// `transactional.id`: a producer that comes with the same one ends this one's open transaction, and fences it.
    public var id: String
    /// `transaction.timeout.ms`: after how long the broker aborts a transaction of somebody who is gone.
    public var timeout = Duration.seconds(10)
    /// After how long without an answer to a commit or an abort the producer is given up. Brokers have ended its
    /// transaction long before.
    public var longestCall = Duration.seconds(60)
    /// What may wait inside.
    public var queue = Producer.Options()

    /// Of this transactional id, with everything else by default.
    public init(id: String) { self.id = id }
  }

  private var producer: Producer
  private var reports = Reports()
  /// The first error of a record of the transaction that is open.
  private var failure: KafkaError? { reports.failure }
  /// A call for the transaction that is open ended without an answer of the brokers.
  private var lacksAnswer = false
  /// The call that is under way.
  private var current: TransactionCall?
  /// A call that didn't come back in its time has the client for itself: nothing more can be done with it.
  private var abandonment: KafkaError?
  private let longestCall: Duration

  /// Whether brokers may still be about to do something for the transaction that is open: a call that timed out, a
  /// record that isn't acknowledged.
  ///
  /// To abort it doesn't call that back. What comes late counts for the next transaction of the same epoch, or hides what
  /// is behind it for good (KIP-890 tells how), and while a commit may have been decided there is nothing to abort. Only
  /// a new producer with the same id shuts it out, by its `initialize`.
  public var isInDoubt: Bool {
    lacksAnswer || current?.kind == .commit || producer.outstanding > 0 || failure.lacksAnswer
  }

  /// A producer; connects in the background. Nothing may be sent before `initialize`.
  public init(
    _ configuration: Configuration, options: Options, log: Logger, wakeup: Wakeup? = nil
  ) throws(KafkaError) {
    let conf = ClientConfiguration()
    try conf.set("transactional.id", options.id)
    try conf.set("transaction.timeout.ms", "\(options.timeout.rdkafkaMilliseconds)")
    // A transaction right behind another finds the coordinator still busy; at librdkafka's 100 ms that would be its pace.
    try conf.set("retry.backoff.ms", "5")
    producer = try Producer(configuration, conf: conf, options: options.queue, log: log, wakeup: wakeup)
    longestCall = options.longestCall
  }

  var client: Client { producer.client }

  /// The error that has ended the producer, if one has.
  public var fatalError: KafkaError? { abandonment ?? producer.fatalError }

  /// Takes the transactional id over: ends what its former owner left open, and fences it. Once, before all else; after
  /// a `.retry` error again.
  public mutating func initialize(within limit: Duration) throws(KafkaError) {
    let error = KafkaError(
      consuming: rd_kafka_init_transactions(producer.client.handle, limit.rdkafkaMilliseconds))
    producer.serve()
    if let error { throw said(error) }
    producer.client.reporter.noteAnswer()
  }

  /// Begins a transaction; asks nobody.
  public mutating func begin() throws(KafkaError) {
    if let abandonment { throw abandonment }
    if let current { throw unanswered(current) }
    reports = Reports()
    lacksAnswer = false
    if let error = KafkaError(consuming: rd_kafka_begin_transaction(producer.client.handle)) { throw said(error) }
  }

  /// Hands a record of the transaction over; its bytes are copied. A topic that is compacted needs a key, or the whole
  /// transaction fails.
  public mutating func produce(
    topic: String, partition: Int32? = nil, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
    timestamp: WallTime? = nil, token: UInt = 0
  ) throws(KafkaError) -> Producer.Produced {
    try producer.produce(
      topic: topic, partition: partition, key: key, value: value, timestamp: timestamp, token: token)
  }

  /// The high watermark of each partition, open transactions included, as its leader says it now; nil: it doesn't say.
  public func highWatermarks(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    try producer.highWatermarks(of: partitions, within: limit)
  }

  /// Takes what has arrived, without waiting. A record that failed fails the transaction.
  public mutating func serve() {
    var reports = reports
    producer.serve { reports.take($0) }
    self.reports = reports
  }

  /// Takes which topics refused records for their size since this was last asked, each with the bytes of key and
  /// value of the smallest one. All records of a batch share its fate.
  public mutating func takeTooLarge() -> [String: Int] {
    defer { reports.tooLarge = [:] }
    return reports.tooLarge
  }

  /// Puts a group's offsets (the next record to be read of each partition) into the transaction.
  ///
  /// Where the group has no coordinator, librdkafka's call comes back only when one of its connections changes, whatever
  /// its limit (https://github.com/confluentinc/librdkafka/issues/5456). Then this one ends half a second after its own,
  /// and with it the producer: the remedy is `.recreateClient`.
  ///
  /// - Parameter group: taken from the consumer now: the broker refuses it once the group has gone on (KIP-447).
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
      throw abandoned("the group's coordinator hasn't taken the offsets within \(limit)")
    }
    try end(call.error)
  }

  /// Waits for all records, then commits.
  ///
  /// - Throws: with `.retry` it isn't known yet: call it again. With `.abortTransaction` nothing of it will be seen.
  public mutating func commit(within limit: Duration) throws(KafkaError) {
    let deadline = SystemTime().monotonic + limit
    if current == nil {
      var reports = reports
      let left = producer.flush(by: deadline) { reports.take($0) }
      self.reports = reports
      if left > 0, failure == nil {
        throw KafkaError(code: .timedOut, message: "\(left) records not delivered within \(limit)", isRetriable: true)
      }
    }
    try finish(.commit, by: deadline, rd_kafka_commit_transaction)
  }

  /// Takes everything of the transaction back; not where `isInDoubt`.
  ///
  /// - Throws: with `.retry` it isn't done yet: call it again.
  public mutating func abort(within limit: Duration) throws(KafkaError) {
    try finish(.abort, by: SystemTime().monotonic + limit, rd_kafka_abort_transaction)
    reports.failure = nil
  }

  /// Makes the call that ends the transaction, or goes on waiting for it.
  private mutating func finish(
    _ kind: TransactionCall.Kind, by deadline: MonotonicTime,
    _ function: @escaping (_ handle: OpaquePointer?, _ limit: Int32) -> OpaquePointer?
  ) throws(KafkaError) {
    let call = try call(kind) { [longestCall] handle in
      function(handle, longestCall.rdkafkaMilliseconds)
    }
    while true {
      let now = SystemTime().monotonic
      // It waits for reports on records, too, which must be taken meanwhile.
      let slice = producer.outstanding > 0 ? min(deadline, now + .milliseconds(5)) : deadline
      if call.isAnswered(by: slice) {
        if call.error?.code == .timedOut { throw abandoned("brokers have given no answer to the \(kind)") }
        return try end(call.error)
      }
      serve()
      if now >= deadline {
        throw KafkaError(code: .timedOut, message: "no answer to the \(kind) yet", isRetriable: true)
      }
    }
  }

  /// The call that is under way, or a new one.
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
    KafkaError(code: .conflict, message: "the answer to the \(call.kind) is still to come", isRetriable: true)
  }

  /// The call has its answer.
  private mutating func end(_ error: KafkaError?) throws(KafkaError) {
    current = nil
    serve()
    lacksAnswer = error.lacksAnswer
    if let error { throw said(error) }
    producer.client.reporter.noteAnswer()
  }

  /// Gives the call up that is under way, and the producer with it.
  private mutating func abandoned(_ reason: String) -> KafkaError {
    let error = KafkaError(code: .timedOut, message: reason, isFatal: true)
    (abandonment, lacksAnswer) = (error, true)
    return error
  }

  /// Ends the producer until `deadline`; an open transaction is left to its time-out. What takes longer is left behind
  /// on a thread of its own.
  public consuming func close(by deadline: MonotonicTime) {
    _ = producer.client.close(by: deadline)
  }

  /// The error with the words of the record that caused it; without any flag it counts as fatal.
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

/// What was reported of the records of a transaction.
private struct Reports {
  var failure: KafkaError?
  var tooLarge: [String: Int] = [:]

  mutating func take(_ delivery: Producer.Delivery) {
    guard let error = delivery.error else { return }
    failure = failure ?? error
    if delivery.code == .messageTooLarge {
      tooLarge[delivery.topic] = min(delivery.size, tooLarge[delivery.topic] ?? .max)
    }
  }
}

extension KafkaError? {
  /// librdkafka has given up by itself: no broker has said how it ended. Its own codes are below 0.
  fileprivate var lacksAnswer: Bool { map { $0.code.rawValue < 0 } ?? false }
}

/// What `rd_kafka_send_offsets_to_transaction` reads, for a thread that may be left behind.
private final class GroupPositions {
  let offsets: PartitionList
  let group: GroupMetadata

  init(_ offsets: [PartitionOffset], _ group: consuming GroupMetadata) {
    self.offsets = PartitionList(offsets)
    self.group = group
  }
}

/// Who a consumer is in its group, and of which generation: for `TransactionalProducer.sendOffsets`.
public struct GroupMetadata: ~Copyable {
  let pointer: OpaquePointer

  deinit { rd_kafka_consumer_group_metadata_destroy(pointer) }

  /// The group's generation as the consumer knows it; below 0: it is no member now, and brokers would take whatever
  /// positions these metadata bring. nil: this librdkafka doesn't tell.
  public var generation: Int32? {
    let number = statusd_generation(pointer)
    return number == .min ? nil : number
  }
}

extension Consumer {
  /// Who this consumer is in its group at this moment.
  ///
  /// - Throws: `.state` where it has no group. Metadata of somebody who isn't a member are accepted by brokers without a
  ///   check: whoever sends them must hold an assignment.
  public func groupMetadata() throws(KafkaError) -> GroupMetadata {
    guard options.group != nil, let pointer = rd_kafka_consumer_group_metadata(client.handle) else {
      throw KafkaError(code: .state, message: "the consumer has no group")
    }
    return GroupMetadata(pointer: pointer)
  }

  /// Whether the assignment was lost: a commit would be refused, a transaction must be aborted.
  public var hasLostAssignment: Bool { rd_kafka_assignment_lost(client.handle) != 0 }
}
