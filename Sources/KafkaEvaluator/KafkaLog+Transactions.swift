import Evaluator
import Kafka
import Platform

/// Brokers refuse a producer of transactions: a new one costs threads and connections, and will most likely fare alike.
struct Refusal {
  var failure: LogFailure
  /// Until when no other is made; each time twice as long.
  var until: MonotonicTime
  var pause: Duration
}

/// Deliveries: in transactions, or step by step.
extension KafkaLog {
  /// `transaction.timeout.ms`: how long an open transaction of somebody who is gone can hide what is behind it.
  static var transactionTimeout: Duration { .seconds(10) }
  /// Whose transaction is open for longer than this isn't there any more, or its broker has forgotten it.
  static var longestTransaction: Duration { transactionTimeout + .seconds(2) }
  /// How long the group's part of a transaction may take in one call.
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

  /// An alert doesn't wait for company; the user's own value wins. Batches are no larger than the topics take, whatever
  /// the user says.
  private static func prompt(_ configuration: Configuration, _ batch: Int) -> Configuration {
    var configuration = configuration
    configuration.properties.insert(("linger.ms", "0"), at: 0)
    if batch < BatchBound.usual {
      let own = configuration.properties.last { $0.name == "batch.size" }.flatMap { Int($0.value) }
      configuration.properties.append(("batch.size", "\(max(1, min(batch, own ?? batch)))"))
    }
    return configuration
  }

  /// Makes the producer that the mode wants, where there is none.
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
    // Whoever has the name of transactions may have the member's, too; not the other way round.
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
      // Whatever it is, refused or out of time: it may be otherwise later. A producer that has failed can't be asked.
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

  /// Brokers have no transactions. Where nobody insists on them, deliveries are made step by step from now on.
  private mutating func fallBack(_ error: KafkaError) throws(LogFailure) {
    guard mayFallBack else {
      throw refused("brokers have no transactions, which delivery = \"exactly_once\" needs: \(error)")
    }
    dropTransactions()
    mode = .steps
    logger.warning(
      "brokers have no transactions: transitions are delivered at least once, drop doubles by their id",
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
    // Brokers take what no member sends, whoever holds the partition.
    if let generation = try? consumer.groupMetadata().generation, generation < 0 {
      throw LogFailure(.deliverAgain, reason: "the group has gone on")
    }
    try offerPositions(offsets)
  }

  /// Puts positions into the transaction, as whoever the consumer is in its group now.
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
    return try untilDone { producer throws(KafkaError) in try producer.commit(within: limit) }
  }

  /// Without transactions a record that was given to the producer can't be taken back: readers may see it all the same,
  /// and once more when it is delivered again, with the same id.
  mutating func abort(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    guard mode == .transactions else {
      beginSteps()
      return true
    }
    transactions?.serve()
    noteRefusals()
    if transactions?.isInDoubt ?? false {
      dropTransactions()
      throw LogFailure(.restore, reason: "brokers haven't answered everything of the transaction that is given up")
    }
    let limit = max(.milliseconds(1), deadline - time.monotonic)
    return try untilDone { producer throws(KafkaError) in try producer.abort(within: limit) }
  }

  /// A call that is made again until it is done; false: not yet.
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

  /// What an error of a transaction asks for.
  private mutating func failure(_ error: KafkaError) -> LogFailure {
    let reason = words(error)
    noteRefusals()
    switch error.remedy {
    case .retry: return LogFailure(.retry, reason: reason)
    case .abortTransaction: return LogFailure(.deliverAgain, reason: reason)
    case .recreateClient, .report:
      dropTransactions()
      // A broker that ended a transaction which took too long fences its producer, too: only one that was young can't
      // have been ended by that.
      let isYoung = time.monotonic - transactionBegan < Self.transactionTimeout - .seconds(1)
      return LogFailure(error.code.isFenced && isYoung ? .leave : .restore, reason: reason)
    }
  }

  consuming func close(until deadline: MonotonicTime, forGood: Bool) {
    let now = time.monotonic
    // Acknowledged by now, or counted as undelivered: nothing to wait for.
    if let producer = transactions.take() { producer.close(by: now) }
    if let producer = steps.producer.take() { _ = producer.close(by: now) }
    closeChangelog()
    consumer.close(by: deadline, forGood: forGood)
  }
}
