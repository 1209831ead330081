import Kafka
import Platform

extension ReliableProducer {
  /// Whether records can be handed over.
  enum Recovery {
    /// They can.
    case ready
    /// Not before the producer has reported every record that it holds.
    case waits
    /// Not before a pause is over.
    case paused
  }

  static func makeProducer(
    _ plan: DeliveryPlan, _ bound: BatchBound, isAlone: Bool, _ log: Logger, _ wakeup: Wakeup?
  ) throws(KafkaError) -> Producer {
    var options = plan.options
    if bound.bytes != BatchBound.usual { options.batchBytes = bound.bytes }
    if isAlone {
      options.batchBytes = 1
      // One request at a time keeps the order, even around a refused record, and the producer stays usable.
      options.inFlight = 1
      options.isGapless = false
    }
    return try Producer(plan.configuration, options: options, log: log, wakeup: wakeup)
  }

  /// Recovers from a failure, so that records can be handed over again.
  ///
  /// - Parameter isPatient: whether a failed producer of a daemon first reports everything that it holds.
  mutating func recover(at now: MonotonicTime, isPatient: Bool = false) -> Recovery {
    switch plan.endurance {
    case .endless:
      if let failure = ledger.failure {
        if isPatient, outstanding > 0 { return .waits }
        let recovery = recover(from: failure, at: now)
        if recovery != .ready { return recovery }
      } else if ledger.isAlone, !isPatient, outstanding == 0, now - lastRefusal >= Self.careFor {
        replace(isAlone: false, at: now)
      }
    case .brief:
      if ledger.failure == nil, let error = ofProducer({ $0.fatalError }) { ledger.fail(error) }
      if let failure = ledger.failure {
        let recovery = recoverOnce(from: failure, at: now)
        if recovery != .ready { return recovery }
      }
    }
    return renew(at: now)
  }

  /// For a daemon: everything is sent again, after a pause unless brokers refuse records.
  private mutating func recover(from failure: Ledger.Failure, at now: MonotonicTime) -> Recovery {
    if failure.code.isRefusalOfRecord, !ledger.isAlone {
      notice(.sendsAlone(code: failure.code))
      replace(isAlone: true, at: now)
      return .ready
    }
    if let error = ofProducer({ $0.fatalError }) {
      notice(.renews(error, code: failure.code, records: undelivered))
      end(by: now)
    } else {
      notice(.sendsAgain(failure.error, code: failure.code, records: undelivered))
      guard outstanding == 0 else { return .waits }
    }
    ledger.rewind()
    rest(from: now)
    return .paused
  }

  /// For a command: everything is sent again at once, unless the last new producer delivered nothing either.
  private mutating func recoverOnce(from failure: Ledger.Failure, at now: MonotonicTime) -> Recovery {
    if let error = ofProducer({ $0.fatalError }) {
      end(by: now)
      if account.delivered == deliveredBeforeRenewal {
        giveUp(error)
        return .waits
      }
      deliveredBeforeRenewal = account.delivered
      notice(.renews(error, code: failure.code, records: undelivered))
    } else {
      // Batches were too large for their topic.
      guard outstanding == 0 else { return .waits }
      end(by: now)
    }
    ledger.rewind()
    return .ready
  }

  /// Ends the producer. The next one sends every unacknowledged record in the given manner.
  private mutating func replace(isAlone: Bool, at now: MonotonicTime) {
    end(by: now)
    ledger.rewind()
    ledger.isAlone = isAlone
    lastRefusal = now
  }

  /// Creates a producer if there is none.
  private mutating func renew(at now: MonotonicTime) -> Recovery {
    if givenUp != nil { return .waits }
    if producer != nil { return .ready }
    do throws(KafkaError) {
      producer = try Self.makeProducer(plan, ledger.bound, isAlone: ledger.isAlone, log, wakeup)
      renewals += 1
      return .ready
    } catch {
      switch plan.endurance {
      case .endless:
        notice(.cannotRenew(error))
        rest(from: now)
        return .paused
      case .brief:
        giveUp(error)
        return .waits
      }
    }
  }

  private mutating func giveUp(_ error: KafkaError) {
    givenUp = error
    ledger.giveUp(error) { [notice] in notice(.setAside(number: $0, error)) }
  }

  private mutating func rest(from now: MonotonicTime) {
    pausedUntil = now + pause
    pause = min(pause * 2, Self.longestPause)
  }

  /// The number of records that the producer holds.
  var outstanding: Int { ofProducer { $0.outstanding } ?? 0 }

  /// The result of `body` for the producer; nil if there is none.
  func ofProducer<Result>(_ body: (borrowing Producer) -> Result?) -> Result? {
    switch producer {
    case .some(let producer): body(producer)
    case .none: nil
    }
  }

  /// Takes delivery reports without waiting. Returns their number.
  mutating func serve(at now: MonotonicTime) -> Int {
    var held = producer.take()
    let count = settle(at: now) { body in held?.serve(body) ?? 0 }
    producer = held.take()
    return count
  }

  /// Takes delivery reports until `deadline`, or until the producer holds nothing.
  mutating func flush(by deadline: MonotonicTime) {
    var held = producer.take()
    _ = settle(at: deadline) { body in held?.flush(by: deadline, body) ?? 0 }
    producer = held.take()
  }

  /// Ends the producer, and takes the reports that come until `deadline`.
  mutating func end(by deadline: MonotonicTime) {
    var ended = producer.take()
    _ = settle(at: deadline) { body in ended.take()?.close(by: deadline, body) ?? 0 }
  }

  /// Settles the records that `serve` reports. Returns what `serve` returns.
  private mutating func settle(at now: MonotonicTime, _ serve: ((Producer.Delivery) -> Void) -> Int) -> Int {
    let before = account.refused
    let result = serve { delivery in
      let report = Ledger.Report(
        number: delivery.token, error: delivery.error, code: delivery.code, size: delivery.size)
      if let reason = ledger.settle(report, at: now) { notice(.setAside(number: report.number, reason)) }
    }
    if account.refused > before { lastRefusal = now }
    return result
  }
}
