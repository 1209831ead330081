import Kafka
import Platform

/// Brings records to the status topic, each host's in order, as far as the backlog goes.
///
/// What a producer has taken stays in the backlog until a broker has acknowledged it, so that a producer that failed
/// can be replaced and everything sent again. Owned by one thread; nothing here blocks but `finish`.
struct Shipper: ~Copyable {
  /// Where to, and how much may wait.
  struct Plan: Sendable {
    var configuration: Configuration
    var topic: String
    /// The key of samples: the host.
    var sampleKey: [UInt8]
    /// The key of this program's own numbers.
    var ownKey: [UInt8]
    /// Bytes that the backlog holds at most.
    var backlogBytes: Int
  }

  /// From a failure to the next try.
  private static let pause = Duration.seconds(1)
  /// Records that a producer holds at most: they are in memory twice.
  private static let window = 1000

  private let plan: Plan
  private let log: Logger
  private let trouble: RateLimit
  private let topicTrouble: RateLimit
  private var producer: Producer?
  private(set) var ledger: Ledger
  /// How often a producer had to be replaced.
  private(set) var renewals: Int64 = 0
  private var pausedUntil: MonotonicTime?
  /// Whether the last turn brought reports, so that more can be handed over soon.
  private var isMoving = false

  /// - Throws: where librdkafka refuses a property, or a file of TLS can't be read.
  init(_ plan: Plan, log: Logger, time: any TimeSource) throws(KafkaError) {
    self.plan = plan
    self.log = log
    trouble = RateLimit(1, per: .seconds(60), time: time)
    topicTrouble = RateLimit(1, per: .seconds(60), time: time)
    ledger = Ledger(backlogBytes: plan.backlogBytes)
    producer = try Self.makeProducer(plan, log)
  }

  private static func makeProducer(_ plan: Plan, _ log: Logger) throws(KafkaError) -> Producer {
    var options = Producer.Options()
    options.queueRecords = window
    options.queueKiB = 1024
    options.linger = .zero
    return try Producer(plan.configuration, options: options, log: log)
  }

  /// Takes a record; false where there is no room for it.
  mutating func take(_ kind: Backlog.Kind, _ value: [UInt8]) -> Bool { ledger.backlog.append(kind, value) }

  /// When there is something to do before the next record; nil: nothing.
  func nextTurn(after now: MonotonicTime) -> MonotonicTime? {
    if let pausedUntil { return pausedUntil }
    if isMoving, ledger.backlog.waiting > 0 { return now + .milliseconds(20) }
    return ledger.backlog.count > 0 ? now + .seconds(1) : nil
  }

  /// Takes what the producer reports, replaces it where it has failed, and hands over what waits.
  ///
  /// - Parameter isReady: whether the topic is there; asked of by a producer, many brokers make one their own way.
  mutating func turn(at now: MonotonicTime, isReady: Bool) {
    isMoving = Self.serve(&producer, &ledger) > 0
    if let until = pausedUntil, now < until { return }
    pausedUntil = nil
    if producer == nil {
      renew(at: now)
    } else if let failure = ledger.failure {
      if let error = ofProducer({ $0.fatalError }) {
        log.limited(
          trouble, .warning, "the producer has failed; a new one sends again what wasn't acknowledged",
          ["reason": .string("\(error)"), "records": .int(ledger.backlog.count)])
        renew(at: now)
      } else {
        log.limited(
          trouble, .warning, "records weren't taken; they are sent again",
          ["topic": .string(plan.topic), "reason": .string("\(failure)"), "records": .int(ledger.backlog.count)])
        guard outstanding == 0 else { return }
        ledger.rewind()
        pausedUntil = now + Self.pause
        return
      }
    }
    if isReady { handOver(at: now) }
  }

  /// Hands over and delivers what it can until `deadline` (of the machine's clock), and ends the producer.
  ///
  /// - Returns: how many records no broker has acknowledged.
  mutating func finish(by deadline: MonotonicTime, isReady: Bool) -> Int {
    let clock = SystemTime()
    var newTries = 5
    while isReady, ledger.backlog.count > 0, newTries > 0, clock.monotonic < deadline {
      if ofProducer({ $0.fatalError }) != nil {
        renew(at: clock.monotonic)
        newTries -= 1
      } else if ledger.failure != nil, outstanding == 0 {
        ledger.rewind()
        newTries -= 1
      }
      pausedUntil = nil
      if ledger.failure == nil { handOver(at: clock.monotonic) }
      guard outstanding > 0, pausedUntil == nil else { break }
      Self.flush(&producer, &ledger, by: min(deadline, clock.monotonic + .milliseconds(100)))
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

  private mutating func renew(at now: MonotonicTime) {
    Self.end(&producer, &ledger, by: now)
    ledger.rewind()
    do throws(KafkaError) {
      producer = try Self.makeProducer(plan, log)
      renewals += 1
    } catch {
      log.limited(trouble, .error, "no producer can be made; trying again", ["reason": .string("\(error)")])
      pausedUntil = now + Self.pause
    }
  }

  private mutating func handOver(at now: MonotonicTime) {
    while let entry = ledger.backlog.next {
      switch Self.produce(entry, of: ledger.backlog, to: &producer, plan) {
      case .success(.accepted):
        ledger.backlog.advance()
      case .success:
        return
      case .failure(let error):
        log.limited(
          topicTrouble, .error, "a record can't be sent",
          ["topic": .string(plan.topic), "reason": .string("\(error)")])
        guard error.code == .messageTooLarge else {
          ledger.fail(error)
          pausedUntil = now + Self.pause
          return
        }
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
          try producer?.produce(topic: plan.topic, key: key, value: value, token: entry.token)
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
