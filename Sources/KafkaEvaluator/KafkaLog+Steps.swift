import Evaluator
import Kafka
import Platform

/// Deliveries without transactions, at least once: each stage is acknowledged by all replicas in sync before the next
/// is sent. The positions are committed last.
struct Steps: ~Copyable {
  /// The group's answer to a delivery's positions.
  enum Answer {
    /// Not asked yet.
    case none
    /// Asked.
    case awaited
    /// It refused.
    case refused(KafkaError)
    /// They are committed.
    case committed
  }

  /// nil if deliveries are transactions, or if no producer could be made.
  var producer: Producer?
  /// The number of the current delivery; acknowledgements of earlier ones carry other numbers.
  var delivery: UInt = 0
  /// Its records that aren't acknowledged yet.
  var unacknowledged = 0
  /// Why one of them won't be acknowledged.
  var refusal: KafkaError?
  /// Topics that refused a record for its size, with the bytes of the smallest one.
  var tooLarge: [String: Int] = [:]
  /// The positions to commit after them.
  var offsets: [PartitionOffset] = []
  var answer = Answer.none
}

extension KafkaLog {
  mutating func beginSteps() {
    steps.delivery &+= 1
    steps.unacknowledged = 0
    steps.refusal = nil
    steps.offsets = []
    steps.answer = .none
  }

  mutating func produceStep(
    to target: LogTarget, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
  ) throws(LogFailure) {
    let place = names.place(target)
    do throws(KafkaError) {
      // The last one may have failed when no other could be made.
      try makeProducer()
      let produced = try steps.producer?.produce(
        topic: place.topic, partition: place.partition, key: key, value: value, token: steps.delivery)
      switch produced {
      case .accepted: steps.unacknowledged += 1
      case .queueFull: throw KafkaError(code: .queueFull, message: "the producer's queue is full", isRetriable: true)
      case nil: throw KafkaError(code: .state, message: "there is no producer")
      }
    } catch {
      try fail(error)
    }
  }

  /// Waits until everything produced so far is acknowledged. Returns false if it isn't by `deadline`.
  mutating func flushSteps(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    while true {
      serve()
      if let refusal = steps.refusal { try fail(refusal) }
      if steps.unacknowledged == 0 { return true }
      if time.monotonic >= deadline { return false }
      _ = time.wait(for: wakeup, until: deadline)
    }
  }

  mutating func commitSteps(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    guard try flushSteps(until: deadline) else { return false }
    while true {
      switch steps.answer {
      case .none: try commitOffsets()
      case .awaited: break
      case .refused(let error):
        steps.answer = .none
        throw LogFailure(.retry, reason: "\(error)")
      case .committed: return true
      }
      if case .committed = steps.answer { return true }
      if time.monotonic >= deadline { return false }
      _ = time.wait(for: wakeup, until: deadline)
      serve()
    }
  }

  /// Commits the positions, once every record is acknowledged.
  private mutating func commitOffsets() throws(LogFailure) {
    if steps.offsets.isEmpty {
      steps.answer = .committed
      return
    }
    do throws(KafkaError) {
      try consumer.commitLater(steps.offsets)
      steps.answer = .awaited
    } catch {
      throw LogFailure(.retry, reason: "\(error)")
    }
  }

  mutating func serveSteps() {
    let current = steps.delivery
    var acknowledged = 0
    var failure: KafkaError?
    var tooLarge: [String: Int] = [:]
    steps.producer?.serve { report in
      guard report.token == current else { return }
      acknowledged += 1
      guard let error = report.error else { return }
      failure = error
      if report.code == .messageTooLarge {
        tooLarge[report.topic] = min(report.size, tooLarge[report.topic] ?? .max)
      }
    }
    steps.tooLarge.merge(tooLarge) { min($0, $1) }
    steps.unacknowledged -= acknowledged
    if steps.refusal == nil { steps.refusal = failure }
  }

  /// A record wasn't accepted or won't be acknowledged. If only the queue was full, the same call is repeated;
  /// otherwise the whole delivery, after a fatal error by a new producer.
  private mutating func fail(_ error: KafkaError) throws(LogFailure) {
    if error.code == .queueFull { throw LogFailure(.retry, reason: "\(error)") }
    noteRefusals()
    if error.isFatal || steps.producer?.fatalError != nil { renewProducer(after: error) }
    throw LogFailure(.deliverAgain, reason: words(error))
  }

  private mutating func renewProducer(after error: KafkaError) {
    logger.limited(renewals, .error, "the producer has failed and is made anew", ["reason": .string(words(error))])
    if let failed = steps.producer.take() { _ = failed.close(by: time.monotonic) }
    do throws(KafkaError) {
      try makeProducer()
    } catch {
      logger.limited(trouble, .error, "no new producer can be made", ["reason": .string("\(error)")])
    }
  }
}
