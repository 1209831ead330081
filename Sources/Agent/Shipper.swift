import Kafka
import Platform

/// Sends records to their topics, each host's in order.
///
/// A record stays in the backlog until a broker has acknowledged it, so a failed producer can be replaced and
/// everything sent again. Owned by one thread; only `finish` blocks.
struct Shipper: ~Copyable {
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

  /// The pause after a failure. It doubles with each further failure until something is delivered.
  private static let shortestPause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(30)
  /// The maximum number of records in a producer, where each is in memory a second time.
  private static let window = 1000

  /// How long records still go one by one after the last refusal.
  private static let careFor = Duration.seconds(60)

  private var plan: Plan
  private let log: Logger
  private let trouble: RateLimit
  private let refusals: RateLimit
  private var producer: Producer?
  private(set) var ledger: Ledger
  /// How often a failed producer was replaced.
  private(set) var renewals: Int64 = 0
  private var pause = Shipper.shortestPause
  private var pausedUntil: MonotonicTime?
  private var saidOwnRefusal = false
  /// Whether the last turn brought delivery reports, so that more records can be handed over soon.
  private var isMoving = false
  /// Whether each record goes in a batch of its own: brokers refuse a whole batch for one record, and don't tell which.
  private var isCareful = false
  private var lastRefusal = MonotonicTime(nanoseconds: 0)

  /// - Throws: if librdkafka refuses a property, or a TLS file can't be read.
  init(_ plan: Plan, log: Logger, time: any TimeSource) throws(KafkaError) {
    self.plan = plan
    self.log = log
    trouble = RateLimit(1, per: .seconds(60), time: time)
    refusals = RateLimit(1, per: .seconds(60), time: time)
    ledger = Ledger(backlogBytes: plan.backlogBytes)
    producer = try Self.makeProducer(plan, isCareful: false, log)
  }

  private static func makeProducer(_ plan: Plan, isCareful: Bool, _ log: Logger) throws(KafkaError) -> Producer {
    var options = Producer.Options()
    options.queueRecords = window
    options.queueKiB = 1024
    options.linger = .zero
    options.batchBytes = isCareful ? 1 : 64 * 1024
    // One request at a time keeps the order, even around a refused record, and the producer stays usable.
    options.inFlight = isCareful ? 1 : nil
    options.isGapless = !isCareful
    return try Producer(plan.configuration, options: options, log: log)
  }

  /// Takes a record; false if it isn't kept because the backlog is full, or because brokers refuse statusd's own
  /// metrics. The latter are no longer taken after a refusal, so that no sample waits because of them.
  mutating func take(_ kind: Backlog.Kind, _ value: [UInt8]) -> Bool {
    if kind == .own, let refusal = ledger.ownRefusal {
      if !saidOwnRefusal {
        saidOwnRefusal = true
        log.error(
          "brokers refuse statusd's own metrics; none are sent until statusd is restarted",
          ["topic": .string(plan.ownTopic), "reason": .string("\(refusal)")])
      }
      return false
    }
    return ledger.backlog.append(kind, value)
  }

  /// Sets the keys of records handed over from now on. Records that already wait get them, too; the records themselves
  /// name their subject.
  mutating func rename(sampleKey: [UInt8], ownKey: [UInt8]) {
    plan.sampleKey = sampleKey
    plan.ownKey = ownKey
  }

  /// When the next turn is due if no record arrives before; nil if none is.
  func nextTurn(after now: MonotonicTime) -> MonotonicTime? {
    if let pausedUntil { return pausedUntil }
    if isMoving, ledger.backlog.waiting > 0 { return now + .milliseconds(20) }
    return ledger.backlog.count > 0 ? now + .seconds(1) : nil
  }

  /// Processes delivery reports, replaces a failed producer, and hands over waiting records.
  ///
  /// - Parameter isReady: whether the topic of samples exists. A producer's request for a missing topic makes many
  ///   brokers create it with their defaults.
  mutating func turn(at now: MonotonicTime, isReady: Bool) {
    let before = ledger.counts
    isMoving = Self.serve(&producer, &ledger, isAlone: isCareful) > 0
    if ledger.counts.delivered > before.delivered { pause = Self.shortestPause }
    noteRefusals(since: before, at: now)
    if let until = pausedUntil, now < until { return }
    pausedUntil = nil
    if ledger.failure != nil {
      guard sendsAgain(at: now) else { return }
    } else if isCareful, outstanding == 0, now - lastRefusal >= Self.careFor {
      replace(isCareful: false, at: now)
    }
    if producer == nil { renew(at: now) }
    if isReady { handOver(at: now) }
  }

  /// Hands over and delivers records until `deadline` (of the machine's clock), and ends the producer.
  ///
  /// - Parameter wakeup: used to sleep between two tries; nothing rings it any more.
  /// - Returns: how many records no broker has acknowledged, including refused ones.
  mutating func finish(by deadline: MonotonicTime, isReady: Bool, wakeup: Wakeup) -> Int {
    let clock = SystemTime()
    pausedUntil = nil
    pause = .milliseconds(250)
    while isReady, ledger.backlog.count > 0, clock.monotonic < deadline {
      let now = clock.monotonic
      if let until = pausedUntil, now < until {
        _ = clock.wait(for: wakeup, until: min(until, deadline))
        continue
      }
      pausedUntil = nil
      if ledger.failure != nil, outstanding == 0, !sendsAgain(at: now) { continue }
      if producer == nil { renew(at: now) }
      if ledger.failure == nil { handOver(at: now) }
      let next = min(deadline, now + .milliseconds(100))
      let before = ledger.counts
      if outstanding > 0 {
        Self.flush(&producer, &ledger, isAlone: isCareful, by: next)
      } else {
        _ = clock.wait(for: wakeup, until: next)
      }
      noteRefusals(since: before, at: now)
    }
    Self.end(&producer, &ledger, isAlone: isCareful, by: deadline)
    return ledger.backlog.count + Int(ledger.counts.refused)
  }

  /// Prepares failed records to be sent again. Returns true if they can be sent at once, false if later.
  private mutating func sendsAgain(at now: MonotonicTime) -> Bool {
    guard let failure = ledger.failure else { return true }
    if failure.code.isRefusalOfRecord, !isCareful {
      log.limited(
        trouble, .warning,
        "brokers refuse records; each is now sent in a batch of its own, so that only refused ones are dropped",
        ["topic": .string(plan.topic), "reason": .string("\(failure.code.words) (\(failure.code.name))")])
      replace(isCareful: true, at: now)
      return true
    }
    if let error = ofProducer({ $0.fatalError }) {
      tell("the producer failed; a new one resends the unacknowledged records", error, failure)
      Self.end(&producer, &ledger, isAlone: isCareful, by: now)
    } else {
      tell("records were not delivered; they are sent again", failure.error, failure)
      guard outstanding == 0 else { return false }
    }
    ledger.rewind()
    rest(from: now)
    return false
  }

  private func tell(_ sentence: StaticString, _ error: KafkaError, _ failure: Ledger.Failure) {
    var facts: LogMetadata = [
      "topic": .string(plan.topic), "reason": .string("\(error)"), "records": .int(ledger.backlog.count),
    ]
    for code in [failure.code, error.code] {
      guard let missing = MissingRight(code, for: .write(topic: plan.topic), plan.configuration) else { continue }
      facts.facts += missing.facts.facts
      break
    }
    log.limited(trouble, .warning, sentence, facts)
  }

  /// Logs refused records.
  private mutating func noteRefusals(since before: Ledger.Counts, at now: MonotonicTime) {
    guard ledger.counts.refused > before.refused, let code = ledger.refusal else { return }
    lastRefusal = now
    var facts: LogMetadata = [
      "topic": .string(plan.topic), "reason": .string("\(code.words) (\(code.name))"),
      "set_aside": .int(ledger.counts.refused),
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

  private var outstanding: Int { ofProducer { $0.outstanding } ?? 0 }

  /// The result of `body` for the producer; nil if there is none.
  private func ofProducer<Result>(_ body: (borrowing Producer) -> Result?) -> Result? {
    switch producer {
    case .some(let producer): body(producer)
    case .none: nil
    }
  }

  private mutating func rest(from now: MonotonicTime) {
    pausedUntil = now + pause
    pause = min(pause * 2, Self.longestPause)
  }

  /// Ends the producer. The next one sends every unacknowledged record in the given manner.
  private mutating func replace(isCareful: Bool, at now: MonotonicTime) {
    Self.end(&producer, &ledger, isAlone: self.isCareful, by: now)
    ledger.rewind()
    self.isCareful = isCareful
    lastRefusal = now
  }

  private mutating func renew(at now: MonotonicTime) {
    do throws(KafkaError) {
      producer = try Self.makeProducer(plan, isCareful: isCareful, log)
      renewals += 1
    } catch {
      log.limited(trouble, .error, "can't create a producer; trying again", ["reason": .string("\(error)")])
      rest(from: now)
    }
  }

  private mutating func handOver(at now: MonotonicTime) {
    let before = ledger.counts
    while let entry = ledger.backlog.next {
      switch Self.produce(entry, of: ledger.backlog, to: &producer, plan) {
      case .success(.accepted):
        ledger.backlog.advance()
      case .success:
        return
      case .failure(let error):
        guard error.code == .messageTooLarge else {
          ledger.fail(error)
          return
        }
        ledger.backlog.advance()
        ledger.refuse(entry.token, error.code)
        noteRefusals(since: before, at: now)
      }
    }
  }

  /// Hands the record to the producer. `success(nil)` means that there is no producer.
  private static func produce(
    _ entry: Backlog.Entry, of backlog: borrowing Backlog, to producer: inout Producer?, _ plan: Plan
  ) -> Result<Producer.Produced?, KafkaError> {
    backlog.withValue(of: entry) { value in
      (entry.kind == .sample ? plan.sampleKey : plan.ownKey).withUnsafeBytes { key in
        Result { () throws(KafkaError) in
          try producer?.produce(
            topic: entry.kind == .sample ? plan.topic : plan.ownTopic, key: key, value: value, token: entry.token)
        }
      }
    }
  }

  private static func serve(_ producer: inout Producer?, _ ledger: inout Ledger, isAlone: Bool) -> Int {
    producer?.serve { ledger.settle($0.token, $0.error, $0.code, isAlone: isAlone) } ?? 0
  }

  private static func flush(
    _ producer: inout Producer?, _ ledger: inout Ledger, isAlone: Bool, by deadline: MonotonicTime
  ) {
    _ = producer?.flush(by: deadline) { ledger.settle($0.token, $0.error, $0.code, isAlone: isAlone) }
  }

  private static func end(
    _ producer: inout Producer?, _ ledger: inout Ledger, isAlone: Bool, by deadline: MonotonicTime
  ) {
    guard let old = producer.take() else { return }
    _ = old.close(by: deadline) { ledger.settle($0.token, $0.error, $0.code, isAlone: isAlone) }
  }
}
