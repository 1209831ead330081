import Kafka
import Platform

/// Brings records to their topics, each host's in order, as far as the backlog goes.
///
/// What a producer has taken stays in the backlog until a broker has acknowledged it, so that a producer that failed
/// can be replaced and everything sent again. Owned by one thread; nothing here blocks but `finish`.
struct Shipper: ~Copyable {
  /// Where to, and how much may wait.
  struct Plan: Sendable {
    var configuration: Configuration
    /// The topic of samples, and that of this program's own numbers.
    var topic: String
    var ownTopic: String
    /// The key of samples: the host.
    var sampleKey: [UInt8]
    /// The key of this program's own numbers.
    var ownKey: [UInt8]
    /// Bytes that the backlog holds at most.
    var backlogBytes: Int
    /// Which times the topic takes, as far as is known.
    var topicTimes: @Sendable () -> TopicTimes? = { nil }
  }

  /// From a failure to the next try: doubled with each that follows, until something is delivered.
  private static let shortestPause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(30)
  /// Records that a producer holds at most: they are in memory twice.
  private static let window = 1000

  /// How long after the last refusal records still go one by one.
  private static let careFor = Duration.seconds(60)

  private var plan: Plan
  private let log: Logger
  private let trouble: RateLimit
  private let refusals: RateLimit
  private var producer: Producer?
  private(set) var ledger: Ledger
  /// How often a producer had to be replaced.
  private(set) var renewals: Int64 = 0
  private var pause = Shipper.shortestPause
  private var pausedUntil: MonotonicTime?
  private var saidOwnRefusal = false
  /// Whether the last turn brought reports, so that more can be handed over soon.
  private var isMoving = false
  /// Each record goes in a batch of its own: brokers refuse a whole batch for one of its records, and don't say for which.
  private var isCareful = false
  private var lastRefusal = MonotonicTime(nanoseconds: 0)

  /// - Throws: where librdkafka refuses a property, or a file of TLS can't be read.
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
    // One after the other they keep their order, also around one that is refused, and the producer goes on.
    options.inFlight = isCareful ? 1 : nil
    options.isGapless = !isCareful
    return try Producer(plan.configuration, options: options, log: log)
  }

  /// Takes a record; false where there is no room for it.
  /// Own numbers that brokers have refused once aren't taken any more: no sample should wait because of them.
  mutating func take(_ kind: Backlog.Kind, _ value: [UInt8]) -> Bool {
    if kind == .own, let refusal = ledger.ownRefusal {
      if !saidOwnRefusal {
        saidOwnRefusal = true
        log.error(
          "brokers don't take this program's own numbers; they are left out until it is started again",
          ["topic": .string(plan.ownTopic), "reason": .string("\(refusal)")])
      }
      return false
    }
    return ledger.backlog.append(kind, value)
  }

  /// The keys of what is handed over from here on. What waits from before goes with them too: whose records they are
  /// stands in them.
  mutating func rename(sampleKey: [UInt8], ownKey: [UInt8]) {
    plan.sampleKey = sampleKey
    plan.ownKey = ownKey
  }

  /// When there is something to do before the next record; nil: nothing.
  func nextTurn(after now: MonotonicTime) -> MonotonicTime? {
    if let pausedUntil { return pausedUntil }
    if isMoving, ledger.backlog.waiting > 0 { return now + .milliseconds(20) }
    return ledger.backlog.count > 0 ? now + .seconds(1) : nil
  }

  /// Takes what the producer reports, replaces it where it has failed, and hands over what waits.
  ///
  /// - Parameter isReady: whether the topic of samples is there; asked of by a producer, many brokers make one their own way.
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

  /// Hands over and delivers what it can until `deadline` (of the machine's clock), and ends the producer.
  ///
  /// - Parameter wakeup: nobody rings it any more; what a pause between two tries waits on.
  /// - Returns: how many records no broker has acknowledged, those set aside included.
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

  /// Records failed: gets them ready to be sent again. True: at once, false: later.
  private mutating func sendsAgain(at now: MonotonicTime) -> Bool {
    guard let failure = ledger.failure else { return true }
    if failure.code.isRefusalOfRecord, !isCareful {
      log.limited(
        trouble, .warning, "brokers refuse records; each is sent by itself, to set aside only what they don't take",
        ["topic": .string(plan.topic), "reason": .string("\(failure.code.words) (\(failure.code.name))")])
      replace(isCareful: true, at: now)
      return true
    }
    if let error = ofProducer({ $0.fatalError }) {
      tell("the producer has failed; a new one sends again what wasn't acknowledged", error, failure)
      Self.end(&producer, &ledger, isAlone: isCareful, by: now)
    } else {
      tell("records weren't taken; they are sent again", failure.error, failure)
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

  /// Says what brokers don't take.
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
        "brokers refuse records for their time, which are set aside: this host's clock is wrong, or the brokers' is",
        facts)
    case .messageTooLarge:
      log.limited(refusals, .error, "a record is larger than its topic takes, and is set aside", facts)
    default:
      log.limited(refusals, .error, "brokers don't take a record, which is set aside", facts)
    }
  }

  private var outstanding: Int { ofProducer { $0.outstanding } ?? 0 }

  /// What `body` says of the producer; nil: there is none.
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

  /// Ends the producer; the next one sends in this manner whatever isn't acknowledged.
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
      log.limited(trouble, .error, "no producer can be made; trying again", ["reason": .string("\(error)")])
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

  /// What the producer says to the record; `success(nil)`: there is no producer.
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
