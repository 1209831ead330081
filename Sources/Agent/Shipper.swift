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
  }

  /// From a failure to the next try: doubled with each that follows, until something is delivered.
  private static let shortestPause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(30)
  /// Records that a producer holds at most: they are in memory twice.
  private static let window = 1000

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

  /// - Throws: where librdkafka refuses a property, or a file of TLS can't be read.
  init(_ plan: Plan, log: Logger, time: any TimeSource) throws(KafkaError) {
    self.plan = plan
    self.log = log
    trouble = RateLimit(1, per: .seconds(60), time: time)
    refusals = RateLimit(1, per: .seconds(60), time: time)
    ledger = Ledger(backlogBytes: plan.backlogBytes)
    producer = try Self.makeProducer(plan, log)
  }

  private static func makeProducer(_ plan: Plan, _ log: Logger) throws(KafkaError) -> Producer {
    var options = Producer.Options()
    options.queueRecords = window
    options.queueKiB = 1024
    options.linger = .zero
    options.batchBytes = 64 * 1024
    options.isGapless = true
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
    let delivered = ledger.counts.delivered
    isMoving = Self.serve(&producer, &ledger) > 0
    if ledger.counts.delivered > delivered { pause = Self.shortestPause }
    if let until = pausedUntil, now < until { return }
    pausedUntil = nil
    if let failure = ledger.failure {
      let error = ofProducer { $0.fatalError }
      if let error {
        log.limited(
          trouble, .warning, "the producer has failed; a new one sends again what wasn't acknowledged",
          ["reason": .string("\(error)"), "records": .int(ledger.backlog.count)])
        Self.end(&producer, &ledger, by: now)
      } else {
        log.limited(
          trouble, .warning, "records weren't taken; they are sent again",
          ["topic": .string(plan.topic), "reason": .string("\(failure)"), "records": .int(ledger.backlog.count)])
        guard outstanding == 0 else { return }
      }
      ledger.rewind()
      rest(from: now)
      return
    }
    if producer == nil { renew(at: now) }
    if isReady { handOver() }
  }

  /// Hands over and delivers what it can until `deadline` (of the machine's clock), and ends the producer.
  ///
  /// - Parameter wakeup: nobody rings it any more; what a pause between two tries waits on.
  /// - Returns: how many records no broker has acknowledged.
  mutating func finish(by deadline: MonotonicTime, isReady: Bool, wakeup: Wakeup) -> Int {
    let clock = SystemTime()
    while isReady, ledger.backlog.count > 0, clock.monotonic < deadline {
      let next = min(deadline, clock.monotonic + .milliseconds(100))
      if ledger.failure != nil, outstanding == 0 {
        if ofProducer({ $0.fatalError }) != nil { Self.end(&producer, &ledger, by: clock.monotonic) }
        ledger.rewind()
      }
      if producer == nil { renew(at: clock.monotonic) }
      if ledger.failure == nil { handOver() }
      if outstanding > 0 {
        Self.flush(&producer, &ledger, by: next)
      } else {
        _ = clock.wait(for: wakeup, until: next)
      }
    }
    Self.end(&producer, &ledger, by: deadline)
    return ledger.backlog.count
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

  private mutating func renew(at now: MonotonicTime) {
    do throws(KafkaError) {
      producer = try Self.makeProducer(plan, log)
      renewals += 1
    } catch {
      log.limited(trouble, .error, "no producer can be made; trying again", ["reason": .string("\(error)")])
      rest(from: now)
    }
  }

  private mutating func handOver() {
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
        log.limited(
          refusals, .error, "a record can't be sent",
          ["topic": .string(plan.topic), "reason": .string("\(error)")])
        ledger.backlog.advance()
        ledger.refuse(entry.token)
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

  private static func serve(_ producer: inout Producer?, _ ledger: inout Ledger) -> Int {
    producer?.serve { ledger.settle($0.token, $0.error) } ?? 0
  }

  private static func flush(_ producer: inout Producer?, _ ledger: inout Ledger, by deadline: MonotonicTime) {
    _ = producer?.flush(by: deadline) { ledger.settle($0.token, $0.error) }
  }

  private static func end(_ producer: inout Producer?, _ ledger: inout Ledger, by deadline: MonotonicTime) {
    guard let old = producer.take() else { return }
    _ = old.close(by: deadline) { ledger.settle($0.token, $0.error) }
  }
}
