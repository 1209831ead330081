import Evaluator
import Kafka
import Platform

/// This member's standing in the group.
struct Membership: Equatable {
  /// Whether it belongs to the group.
  enum Standing: Equatable {
    /// It hasn't joined yet: it hasn't taken its name over.
    case outside
    /// It has joined, or is about to.
    case inside
    /// Another member has joined under its name.
    case replaced
  }

  var standing = Standing.outside
  /// Its consumer has failed, and no other could be made yet.
  var lacksConsumer = false
  /// When it was last replaced, in deliveries without transactions; nil if it never was.
  var lastReplaced: MonotonicTime?
}

/// How a member joins the group, and what it does once another has joined under its name.
extension KafkaLog {
  /// Without transactions, nothing distinguishes an own late request from another process. A second replacement within
  /// this time counts as another process.
  private static var replacementPause: Duration { .seconds(60) }

  /// Joins the group, once: librdkafka rejoins by itself whenever needed.
  mutating func join() throws(LogFailure) {
    if membership.standing == .inside { return }
    try mapped { log throws(KafkaError) in
      if log.membership.lacksConsumer { try log.replaceConsumer() }
      try log.consumer.subscribe(to: log.names.sources)
    }
    membership.standing = .inside
  }

  mutating func rejoin(until deadline: MonotonicTime) throws(LogFailure) {
    if membership.standing == .replaced {
      try proveName(until: deadline)
      logger.notice("a late request had taken this member's place in the group: joining again")
    }
    try join()
  }

  /// Makes sure that no other process has this name: it would have taken the transactional id over before it joined. If
  /// a late request of a predecessor has replaced this member, brokers still take positions from its producer. The
  /// transaction that tests this is never committed.
  ///
  /// - Throws: `.leave` if another process has the name.
  private mutating func proveName(until deadline: MonotonicTime) throws(LogFailure) {
    let now = time.monotonic
    let last = membership.lastReplaced
    guard mode == .transactions else {
      membership.lastReplaced = now
      if let last, now - last < Self.replacementPause {
        throw LogFailure(.leave, reason: "another member has joined the group under this one's name, twice")
      }
      return
    }
    try begin()
    do throws(LogFailure) {
      try offerPositions([PartitionOffset(names.partition(LogPartition(topic: 0, number: 0)), 0)])
    } catch {
      // A refusal because the member is unknown doesn't show who has the name.
      if error.remedy == .leave || error.remedy == .restore { throw error }
    }
    if try !abort(until: deadline) {
      dropTransactions()
      throw LogFailure(.restore, reason: "brokers don't tell who has this name")
    }
  }

  /// After a fatal error a consumer can only be replaced.
  mutating func renewConsumer(after error: KafkaError) {
    let isReplaced = (consumer.fatalError ?? error).code == .fencedInstance
    if !isReplaced { logger.error("the consumer has failed and is made anew", ["reason": .string("\(error)")]) }
    let held = consumer.held.compactMap(names.id(of:))
    membership.standing = isReplaced ? .replaced : .outside
    do throws(KafkaError) {
      try replaceConsumer()
    } catch {
      membership.lacksConsumer = true
      logger.limited(trouble, .error, "no new consumer can be made", ["reason": .string("\(error)")])
    }
    events.append(.revoked(held, lost: true))
    events.append(.replaced)
  }

  private mutating func replaceConsumer() throws(KafkaError) {
    let successor = try Self.makeConsumer(configuration, names, logger, wakeup)
    let failed = exchange(&consumer, with: successor)
    failed.close(by: time.monotonic)
    ids = []
    ownership = Ownership()
    watch.losesQuestion(time.monotonic)
    membership.lacksConsumer = false
  }
}
