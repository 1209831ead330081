import Kafka
import Platform

/// Sends records to their topics, in the order in which they were taken.
///
/// A record stays in the backlog until a broker has acknowledged it. So a producer that fails for good can be replaced,
/// and everything unacknowledged is sent again; brokers may have some of that already. Before librdkafka 2.3 a lost
/// answer while partitions change their leaders is enough for such a failure
/// (https://github.com/confluentinc/librdkafka/pull/4438).
///
/// One thread uses it. Only `push` and `close` block.
public struct ReliableProducer: ~Copyable {
  /// The pause after a failure. It doubles with each further failure until something is delivered.
  static var shortestPause: Duration { .seconds(1) }
  /// The pause after a failure while the owner is about to end.
  static var shortestPauseAtEnd: Duration { .milliseconds(250) }
  static var longestPause: Duration { .seconds(30) }
  /// How long records still go one by one after the last refusal.
  static var careFor: Duration { .seconds(60) }
  /// How long a lane stays closed.
  static var closedFor: Duration { .seconds(300) }

  var plan: DeliveryPlan
  let log: Logger
  let wakeup: Wakeup?
  let notice: (DeliveryNotice) -> Void
  var producer: Producer?
  var ledger: Ledger
  /// How often a failed producer was replaced.
  public internal(set) var renewals: Int64 = 0
  /// Why everything was given up; nil if it wasn't. No record is taken any more then.
  public internal(set) var givenUp: KafkaError?
  /// How many records had been delivered when the last producer failed; nil if none failed.
  var deliveredBeforeRenewal: Int64?
  var pause = Self.shortestPause
  var pausedUntil: MonotonicTime?
  var lastRefusal = MonotonicTime(nanoseconds: 0)
  /// Whether the last turn brought delivery reports, so that more records can be handed over soon.
  private var isMoving = false

  /// Creates the first producer, which connects in the background.
  ///
  /// - Parameters:
  ///   - wakeup: rung when delivery reports arrive; nil for an owner that takes turns at its own ticks.
  ///   - notice: called during the other calls.
  /// - Throws: if librdkafka refuses a property, or a TLS file can't be read.
  public init(
    _ plan: DeliveryPlan, backlog: any Backlog, log: Logger, wakeup: Wakeup? = nil,
    notice: @escaping (DeliveryNotice) -> Void = { _ in }
  ) throws(KafkaError) {
    self.plan = plan
    self.log = log
    self.wakeup = wakeup
    self.notice = notice
    let dispensable = plan.lanes.indices.filter { plan.lanes[$0].isDispensable }.map { UInt8(truncatingIfNeeded: $0) }
    ledger = Ledger(
      backlog, plan.endurance, bound: BatchBound(plan.batchBytes ?? plan.options.batchBytes ?? BatchBound.usual),
      dispensable: Set(dispensable))
    producer = try Self.makeProducer(plan, ledger.bound, isAlone: false, log, wakeup)
  }

  /// The counts of its records.
  public var account: DeliveryAccount { ledger.account }

  /// The number of records that no broker has acknowledged, without dropped ones.
  public var undelivered: Int { ledger.backlog.count }

  /// Why a lane is closed; nil if it isn't. It opens again after five minutes.
  public func closure(ofLane lane: UInt8) -> KafkaError? { ledger.closed[lane] }

  /// Sets the key of a lane, also for records that wait.
  public mutating func setKey(_ key: [UInt8], ofLane lane: UInt8) { plan.lanes[Int(lane)].key = key }

  /// Takes a record; false if the backlog is full, the lane is closed, or everything was given up. The record is sent by
  /// the next `turn`.
  public mutating func take(_ record: OutgoingRecord) -> Bool {
    guard givenUp == nil, Int(record.lane) < plan.lanes.count, ledger.closed[record.lane] == nil else { return false }
    return ledger.take(record)
  }

  /// Takes a record as `take` does, and hands it over at once unless a pause lasts. Runs a whole `turn` only after a
  /// failure.
  public mutating func send(_ record: OutgoingRecord, at now: MonotonicTime) -> Bool {
    guard take(record) else { return false }
    if pausedUntil == nil { handOver(at: now) }
    if ledger.failure != nil { turn(at: now) }
    return true
  }

  /// When the next turn is due if no record arrives before; nil if none is.
  public func nextTurn(after now: MonotonicTime) -> MonotonicTime? {
    if let pausedUntil { return pausedUntil }
    if isMoving, ledger.backlog.waiting > 0 { return now + .milliseconds(20) }
    return ledger.backlog.count > 0 ? now + .seconds(1) : nil
  }

  /// Processes delivery reports, replaces a failed producer, and hands over waiting records.
  ///
  /// - Parameter isReady: whether the topics exist. A producer's request for a missing topic makes many brokers create it
  ///   with their defaults.
  public mutating func turn(at now: MonotonicTime, isReady: Bool = true) {
    ledger.reopen(at: now, ifClosedFor: Self.closedFor)
    let before = account.delivered
    isMoving = serve(at: now) > 0
    if account.delivered > before { pause = Self.shortestPause }
    if let until = pausedUntil, now < until { return }
    pausedUntil = nil
    guard recover(at: now) == .ready else { return }
    if isReady { handOver(at: now) }
  }

  /// Makes the pauses between tries short, and ends one that lasts: the owner is about to end.
  public mutating func hasten() {
    pausedUntil = nil
    pause = Self.shortestPauseAtEnd
  }

  /// Hands over and delivers records until `deadline` (of the machine's clock), or until none is left.
  ///
  /// - Parameter wakeup: used to sleep between two tries.
  public mutating func push(until deadline: MonotonicTime, sleepingOn wakeup: Wakeup) {
    let clock = SystemTime()
    repeat {
      let now = clock.monotonic
      if let until = pausedUntil, now < until {
        _ = clock.wait(for: wakeup, until: min(until, deadline))
        continue
      }
      pausedUntil = nil
      if recover(at: now, isPatient: true) == .paused { continue }
      handOver(at: now)
      let next = min(deadline, now + .milliseconds(100))
      if outstanding > 0 {
        flush(by: next)
      } else if undelivered > 0 {
        _ = clock.wait(for: wakeup, until: next)
      }
    } while undelivered > 0 && clock.monotonic < deadline
  }

  /// Ends the producer. Records of which no report has come until `deadline` stay undelivered.
  public mutating func close(by deadline: MonotonicTime) { end(by: deadline) }

  /// Hands over waiting records as far as the producer's queue has room, unless some must be sent again first.
  private mutating func handOver(at now: MonotonicTime) {
    while ledger.failure == nil, let offer = offerNext() {
      switch offer.answer {
      case .success(.accepted):
        ledger.backlog.advance()
      case .success(.queueFull):
        return
      case .failure(let error):
        guard error.code == .messageTooLarge || (plan.endurance == .brief && !error.isFatal) else {
          ledger.fail(error)
          return
        }
        ledger.backlog.advance()
        ledger.setAside(offer.number, error)
        lastRefusal = now
        notice(.setAside(number: offer.number, error))
      }
    }
  }

  /// A record that was offered to the producer.
  private struct Offer {
    var number: UInt
    var answer: Result<Producer.Produced, KafkaError>
  }

  /// Offers the next record to the producer. Returns nil if there is no record, or no producer.
  private mutating func offerNext() -> Offer? {
    var held = producer.take()
    defer { producer = held.take() }
    var offer: Offer?
    _ = ledger.backlog.withNext { [lanes = plan.lanes] record, number in
      let lane = lanes[Int(record.lane)]
      lane.key.withUnsafeBytes { key in
        do throws(KafkaError) {
          let produced = try held?.produce(
            topic: lane.topic, partition: record.partition, key: record.key ?? key, value: record.value, token: number)
          offer = produced.map { Offer(number: number, answer: .success($0)) }
        } catch {
          offer = Offer(number: number, answer: .failure(error))
        }
      }
    }
    return offer
  }
}
