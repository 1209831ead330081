import Evaluator
import Kafka
import Platform

/// Where this member of the group stands.
struct Membership: Equatable {
  /// Whether it belongs to the group.
  enum Standing: Equatable {
    /// It hasn't joined yet: its name isn't taken over.
    case outside
    /// It has joined, or is about to.
    case inside
    /// Somebody else has joined under its name.
    case replaced
  }

  var standing = Standing.outside
  /// Its consumer has failed, and another one couldn't be made yet.
  var lacksConsumer = false
  /// When somebody joined under its name last; nil: nobody has.
  var lastReplaced: MonotonicTime?
}

/// How a member joins the group, and what it does once somebody else has joined under its name.
extension KafkaLog {
  /// Without transactions nothing tells an own late request from somebody else. The second time within this time it is
  /// somebody.
  private static var replacementPause: Duration { .seconds(60) }

  /// Joins the group, once: librdkafka itself comes back as often as it has to.
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

  /// Makes sure that nobody else has this name: who joins under it has taken the transactional id before. So a member that
  /// was replaced by itself, by a request of its predecessor that came late, still has a producer that brokers take
  /// positions from. Nothing of the transaction that asks for it is ever committed.
  ///
  /// - Throws: `.leave` where somebody else has it.
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
      // That brokers take no positions of whom they don't know as a member is no answer to who has the name.
      if error.remedy == .leave || error.remedy == .restore { throw error }
    }
    if try !abort(until: deadline) {
      dropTransactions()
      throw LogFailure(.restore, reason: "brokers don't say whose name this is")
    }
  }

  /// Nothing can be done with a consumer after a fatal error but to begin with a new one.
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
