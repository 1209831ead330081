import Kafka
import Platform
import Topics

/// Sends records to their topics, each host's in order, and logs what keeps them from being delivered.
///
/// Owned by one thread; only `finish` blocks.
struct Shipper: ~Copyable {
  /// The source of a record.
  enum Kind: UInt8 {
    /// The host: a sample.
    case sample = 0
    /// This process: statusd's own metrics.
    case own = 1
  }

  /// The destination of the records, and the size of the backlog.
  struct Plan: Sendable {
    var configuration: Configuration
    /// The topics of samples and of statusd's own metrics.
    var topic: String
    var ownTopic: String
    /// The key of samples: the host.
    var sampleKey: [UInt8]
    /// The key of statusd's own metrics.
    var ownKey: [UInt8]
    /// The maximum size of the backlog in bytes.
    var backlogBytes: Int
    /// The timestamps that the topic of samples accepts; nil if unknown.
    var topicTimes: @Sendable () -> TopicTimes? = { nil }
  }

  private let plan: Plan
  private let log: Logger
  private let refusals: RateLimit
  private var producer: ReliableProducer
  /// Whether statusd's own metrics were refused at the last look.
  private var ownIsClosed = false

  /// - Throws: if librdkafka refuses a property, or a TLS file can't be read.
  init(_ plan: Plan, log: Logger, time: any TimeSource) throws(KafkaError) {
    self.plan = plan
    self.log = log
    refusals = RateLimit(1, per: .seconds(60), time: time)
    let trouble = RateLimit(1, per: .seconds(60), time: time)
    producer = try ReliableProducer(
      Self.delivery(plan), backlog: MemoryBacklog(limit: plan.backlogBytes), log: log
    ) { Self.tell($0, plan, log, trouble) }
  }

  private static func delivery(_ plan: Plan) -> DeliveryPlan {
    var delivery = DeliveryPlan(
      plan.configuration,
      lanes: [
        .init(topic: plan.topic, key: plan.sampleKey),
        .init(topic: plan.ownTopic, key: plan.ownKey, isDispensable: true),
      ], endurance: .endless)
    delivery.options.queueRecords = 1000
    delivery.options.queueKiB = 1024
    delivery.options.linger = .zero
    delivery.options.batchBytes = 64 * 1024
    delivery.options.isGapless = true
    return delivery
  }

  /// The counts of the records.
  var account: DeliveryAccount { producer.account }
  /// The number of records that no broker has acknowledged, without refused ones.
  var waiting: Int { producer.undelivered }
  /// How often a failed producer was replaced.
  var renewals: Int64 { producer.renewals }

  /// Takes a record; false if it isn't kept because the backlog is full, or because brokers refuse statusd's own
  /// metrics. The latter aren't taken for five minutes after a refusal, so that no sample waits because of them.
  mutating func take(_ kind: Kind, _ value: [UInt8]) -> Bool {
    if kind == .own {
      let refusal = producer.closure(ofLane: kind.rawValue)
      defer { ownIsClosed = refusal != nil }
      if let refusal {
        if !ownIsClosed {
          log.error(
            "brokers refuse statusd's own metrics; the next try follows in five minutes",
            refusal.facts(ofWritingTo: plan.ownTopic, plan.configuration))
        }
        return false
      }
    }
    return value.withUnsafeBytes { producer.take(OutgoingRecord(lane: kind.rawValue, value: $0)) }
  }

  /// Sets the keys of records handed over from now on. Records that already wait get them, too; the records themselves
  /// name their subject.
  mutating func rename(sampleKey: [UInt8], ownKey: [UInt8]) {
    producer.setKey(sampleKey, ofLane: Kind.sample.rawValue)
    producer.setKey(ownKey, ofLane: Kind.own.rawValue)
  }

  /// When the next turn is due if no record arrives before; nil if none is.
  func nextTurn(after now: MonotonicTime) -> MonotonicTime? { producer.nextTurn(after: now) }

  /// Processes delivery reports, replaces a failed producer, and hands over waiting records.
  ///
  /// - Parameter isReady: whether the topic of samples exists. A producer's request for a missing topic makes many
  ///   brokers create it with their defaults.
  mutating func turn(at now: MonotonicTime, isReady: Bool) {
    let before = account.refused
    producer.turn(at: now, isReady: isReady)
    noteRefusals(since: before)
  }

  /// Hands over and delivers records until `deadline` (of the machine's clock), and ends the producer.
  ///
  /// - Parameter wakeup: used to sleep between two tries; nothing rings it any more.
  /// - Returns: how many records no broker has acknowledged, including refused ones.
  mutating func finish(by deadline: MonotonicTime, isReady: Bool, wakeup: Wakeup) -> Int {
    let before = account.refused
    producer.hasten()
    if isReady { producer.push(until: deadline, sleepingOn: wakeup) }
    producer.close(by: deadline)
    noteRefusals(since: before)
    return producer.undelivered + Int(account.refused)
  }

  private static func tell(
    _ notice: DeliveryNotice, _ plan: Plan, _ log: Logger, _ trouble: RateLimit
  ) {
    switch notice {
    case .renews(let error, let code, let records):
      log.limited(
        trouble, .warning, "the producer failed; a new one resends the unacknowledged records",
        facts(error, code, records, plan))
    case .sendsAgain(let error, let code, let records):
      log.limited(
        trouble, .warning, "records were not delivered; they are sent again", facts(error, code, records, plan))
    case .sendsAlone(let code):
      log.limited(
        trouble, .warning,
        "brokers refuse records; each is now sent in a batch of its own, so that only refused ones are dropped",
        ["topic": .string(plan.topic), "reason": .string("\(code.words) (\(code.name))")])
    case .cannotRenew(let error):
      log.limited(trouble, .error, "can't create a producer; trying again", ["reason": .string("\(error)")])
    // `noteRefusals` logs these, all of a turn in one line.
    case .setAside: break
    }
  }

  /// The facts of a failure, with the right that is missing if that is its cause.
  private static func facts(
    _ error: KafkaError, _ code: KafkaError.Code, _ records: Int, _ plan: Plan
  ) -> LogMetadata {
    var facts: LogMetadata = [
      "topic": .string(plan.topic), "reason": .string("\(error)"), "records": .int(records),
    ]
    for code in [code, error.code] {
      guard let missing = MissingRight(code, for: .write(topic: plan.topic), plan.configuration) else { continue }
      facts.facts += missing.facts.facts
      break
    }
    return facts
  }

  /// Logs refused records.
  private func noteRefusals(since before: Int64) {
    guard account.refused > before, let code = account.lastRefusal else { return }
    var facts: LogMetadata = [
      "topic": .string(plan.topic), "reason": .string("\(code.words) (\(code.name))"),
      "set_aside": .int(account.refused),
    ]
    switch code {
    case .invalidTimestamp:
      if let clock = plan.topicTimes()?.clock { facts.append("clock", .string(clock)) }
      log.limited(
        refusals, .error,
        "brokers refuse records for their timestamp, and they are dropped; this host's clock or the brokers' is wrong",
        facts)
    case .messageTooLarge:
      log.limited(refusals, .error, "a record is larger than its topic allows, and is dropped", facts)
    default:
      log.limited(refusals, .error, "brokers refuse a record, and it is dropped", facts)
    }
  }
}
