import Evaluator
import Kafka
import Platform

/// Brokers refuse a producer of transactions. The next would cost threads and connections, and probably fail, too.
struct Refusal {
  var failure: LogFailure
  /// Until when no other is made; the pause doubles each time.
  var until: MonotonicTime
  var pause: Duration
}

/// Deliveries: in transactions, or step by step.
extension KafkaLog {
  /// `transaction.timeout.ms`: how long a dead producer's open transaction can hide the records after it.
  static var transactionTimeout: Duration { .seconds(10) }
  /// A transaction that is open for longer has no producer any more, or its broker has forgotten it.
  static var longestTransaction: Duration { transactionTimeout + .seconds(2) }
  /// How long one call that sends positions may take.
  private static var offsetsPatience: Duration { .seconds(2) }

  static func makeTransactions(
    _ configuration: Configuration, _ names: Names, _ batch: Int, _ logger: Logger, _ wakeup: Wakeup
  ) throws(KafkaError) -> TransactionalProducer {
    var options = TransactionalProducer.Options(id: names.member.transactionalID)
    options.timeout = transactionTimeout
    return try TransactionalProducer(prompt(configuration, batch), options: options, log: logger, wakeup: wakeup)
  }

  static func makeProducer(
    _ configuration: Configuration, _ batch: Int, _ logger: Logger, _ wakeup: Wakeup
  ) throws(KafkaError) -> Producer {
    try Producer(prompt(configuration, batch), log: logger, wakeup: wakeup)
  }

  /// Alerts are sent without lingering; the user's own value wins. Batches are never larger than the topics take.
  private static func prompt(_ configuration: Configuration, _ batch: Int) -> Configuration {
    var configuration = configuration
    configuration.properties.insert(("linger.ms", "0"), at: 0)
    if batch < BatchBound.usual {
      let own = configuration.properties.last { $0.name == "batch.size" }.flatMap { Int($0.value) }
      configuration.properties.append(("batch.size", "\(max(1, min(batch, own ?? batch)))"))
    }
    return configuration
  }

  /// Makes the producer for the mode, if there is none.
  mutating func makeProducer() throws(KafkaError) {
    switch mode {
    case .transactions:
      if transactions != nil { return }
      transactions = try Self.makeTransactions(configuration, names, sizes.batch, logger, wakeup)
    case .steps:
      if steps.producer != nil { return }
      steps.producer = try Self.makeProducer(configuration, sizes.batch, logger, wakeup)
    }
    batchBytes = sizes.batch
  }

  mutating func takeOver(until deadline: MonotonicTime) throws(LogFailure) {
    try takeNameOver(until: deadline)
    // In this order, the member that holds the name in the group also holds the transactional id.
    try join()
  }

  private mutating func takeNameOver(until deadline: MonotonicTime) throws(LogFailure) {
    if let refusal, time.monotonic < refusal.until { throw refusal.failure }
    do throws(KafkaError) {
      try makeProducer()
      guard mode == .transactions else { return askSizesFirst(until: deadline) }
      try transactions?.initialize(within: max(.milliseconds(1), deadline - time.monotonic))
      (isSpoilt, isRenewing) = (false, false)
      refusal = nil
      askSizesFirst(until: deadline)
    } catch {
      if error.code == .unsupportedFeature { return try fallBack(error) }
      // Refused or timed out: it may succeed later. A producer that has failed can't be asked again.
      if error.remedy == .retry { throw LogFailure(.retry, reason: "\(error)") }
      throw refused(words(error))
    }
  }

  private mutating func refused(_ reason: String) -> LogFailure {
    dropTransactions()
    let pause = refusal.map { min($0.pause * 2, .seconds(10)) } ?? .milliseconds(200)
    let failure = LogFailure(.retry, reason: reason)
    refusal = Refusal(failure: failure, until: time.monotonic + pause, pause: pause)
    return failure
  }

  /// Brokers have no transactions. Deliveries are made step by step from now on, unless the configuration forbids it.
  private mutating func fallBack(_ error: KafkaError) throws(LogFailure) {
    guard mayFallBack else {
      throw refused("brokers have no transactions, which delivery = \"exactly_once\" needs: \(error)")
    }
    dropTransactions()
    mode = .steps
    logger.warning(
      "brokers have no transactions: transitions are delivered at least once; drop duplicates by their id",
      ["reason": .string("\(error)")])
    do throws(KafkaError) { try makeProducer() } catch { throw LogFailure(.retry, reason: "\(error)") }
  }

  mutating func dropTransactions() {
    if let failed = transactions.take() { failed.close(by: time.monotonic) }
  }

  mutating func begin() throws(LogFailure) {
    try renewUnfitProducer()
    guard mode == .transactions else { return beginSteps() }
    transactionBegan = time.monotonic
    try inTransaction { producer throws(KafkaError) in try producer.begin() }
  }

  mutating func produce(
    to target: LogTarget, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
  ) throws(LogFailure) {
    let place = names.place(target)
    try checkSize(key.count + (value?.count ?? 0), in: place.topic)
    guard mode == .transactions else { return try produceStep(to: target, key: key, value: value) }
    try inTransaction { producer throws(KafkaError) in
      var produced = try producer.produce(topic: place.topic, partition: place.partition, key: key, value: value)
      if produced == .queueFull {
        producer.serve()
        produced = try producer.produce(topic: place.topic, partition: place.partition, key: key, value: value)
      }
      if produced == .queueFull {
        throw KafkaError(code: .queueFull, message: "the producer's queue is full", isRetriable: true)
      }
    }
  }

  mutating func flush(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    mode == .transactions ? true : try flushSteps(until: deadline)
  }

  mutating func sendOffsets(_ positions: [LogPosition]) throws(LogFailure) {
    let offsets = positions.map { [names, since] in
      PartitionOffset(
        names.partition($0.partition), Offset($0.position),
        note: CommitNote.text(since: since[$0.partition.topic] ?? WallTime(milliseconds: 0)))
    }
    guard mode == .transactions else {
      steps.offsets = offsets
      return
    }
    if offsets.isEmpty { return }
    if consumer.hasLostAssignment { throw LogFailure(.deliverAgain, reason: "the assignment is lost") }
    // Brokers accept positions from a client that is no member, whoever holds the partition.
    if let generation = try? consumer.groupMetadata().generation, generation < 0 {
      throw LogFailure(.deliverAgain, reason: "this member is no longer in the group")
    }
    try offerPositions(offsets)
  }

  /// Adds positions to the transaction, with the consumer's current group metadata.
  mutating func offerPositions(_ offsets: [PartitionOffset]) throws(LogFailure) {
    do throws(KafkaError) {
      try transactions?.sendOffsets(offsets, of: consumer.groupMetadata(), within: Self.offsetsPatience)
    } catch {
      throw failure(error)
    }
  }

  mutating func commit(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    guard mode == .transactions else { return try commitSteps(until: deadline) }
    let limit = max(.milliseconds(1), deadline - time.monotonic)
    var appended: WallTime?
    var times = DeliveryTimes()
    let isDone = try untilDone { producer throws(KafkaError) in
      try producer.commit(within: limit)
      appended = producer.appendTime
      times = DeliveryTimes(append: producer.appendLatency, commit: producer.commitLatency)
    }
    if isDone { (appendTime, deliveryTimes) = (brokersTellTime ? appended : time.wall, times) }
    return isDone
  }

  /// Without transactions, records that the producer has can't be taken back. Readers may see them, and once more after
  /// the next delivery, with the same id.
  mutating func abort(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    guard mode == .transactions else {
      beginSteps()
      return true
    }
    transactions?.serve()
    noteRefusals()
    if transactions?.isInDoubt ?? false {
      dropTransactions()
      throw LogFailure(.restore, reason: "brokers haven't answered all requests of the transaction to abort")
    }
    let limit = max(.milliseconds(1), deadline - time.monotonic)
    return try untilDone { producer throws(KafkaError) in try producer.abort(within: limit) }
  }

  /// A call that is repeated until it is done. Returns false if it isn't yet.
  private mutating func untilDone(
    _ body: (inout TransactionalProducer) throws(KafkaError) -> Void
  ) throws(LogFailure) -> Bool {
    do throws(LogFailure) {
      try inTransaction(body)
      return true
    } catch {
      if error.remedy == .retry { return false }
      throw error
    }
  }

  private mutating func inTransaction(
    _ body: (inout TransactionalProducer) throws(KafkaError) -> Void
  ) throws(LogFailure) {
    guard var producer = transactions.take() else {
      throw LogFailure(.restore, reason: "the producer has failed")
    }
    do throws(KafkaError) {
      try body(&producer)
      transactions = consume producer
    } catch {
      transactions = consume producer
      throw failure(error)
    }
  }

  /// The remedy for an error of a transaction.
  private mutating func failure(_ error: KafkaError) -> LogFailure {
    let reason = words(error)
    noteRefusals()
    switch error.remedy {
    case .retry: return LogFailure(.retry, reason: reason)
    case .abortTransaction: return LogFailure(.deliverAgain, reason: reason)
    case .recreateClient, .report:
      dropTransactions()
      // A broker that aborts a transaction for its time-out also fences the producer. For a young transaction this
      // can't be the reason.
      let isYoung = time.monotonic - transactionBegan < Self.transactionTimeout - .seconds(1)
      return LogFailure(error.code.isFenced && isYoung ? .leave : .restore, reason: reason)
    }
  }

  consuming func close(until deadline: MonotonicTime, forGood: Bool) {
    let now = time.monotonic
    // Records are acknowledged by now, or counted as undelivered: there is nothing to wait for.
    if let producer = transactions.take() { producer.close(by: now) }
    if let producer = steps.producer.take() { _ = producer.close(by: now) }
    closeChangelog()
    closeFollowed(by: now)
    inquirer?.end(by: now)
    consumer.close(by: deadline, forGood: forGood)
  }
}
