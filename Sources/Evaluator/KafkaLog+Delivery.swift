import Kafka
import Platform

/// Deliveries: transitions first, positions behind them.
extension KafkaLog {
  static func makeProducer(
    _ configuration: Configuration, _ logger: Logger, _ wakeup: Wakeup
  ) throws(KafkaError) -> Producer {
    var configuration = configuration
    // An alert doesn't wait for company; the user's own value wins.
    configuration.properties.insert(("linger.ms", "0"), at: 0)
    return try Producer(configuration, log: logger, wakeup: wakeup)
  }

  mutating func begin() throws(LogFailure) {
    delivery &+= 1
    unacknowledged = 0
    refusal = nil
    offsets = []
    answer = .none
  }

  mutating func produce(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws(LogFailure) {
    do throws(KafkaError) {
      switch try producer.produce(topic: names.alerts, key: key, value: value, token: delivery) {
      case .accepted: unacknowledged += 1
      case .queueFull: throw KafkaError(code: .queueFull, message: "the producer's queue is full", isRetriable: true)
      }
    } catch {
      try fail(error)
    }
  }

  mutating func sendOffsets(_ positions: [(partition: LogPartition, position: Int64)]) throws(LogFailure) {
    offsets = positions.map { [names] in PartitionOffset(names.partition($0.partition), Offset($0.position)) }
  }

  mutating func commit(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    while true {
      serve()
      if let refusal { try fail(refusal) }
      if unacknowledged == 0 {
        switch answer {
        case .none: try commitOffsets()
        case .awaited: break
        case .refused(let error):
          answer = .none
          throw LogFailure(.retry, reason: "\(error)")
        case .committed: break
        }
      }
      if case .committed = answer { return true }
      if time.monotonic >= deadline { return false }
      _ = time.wait(for: wakeup, until: deadline)
    }
  }

  /// Every transition is acknowledged: now the positions.
  private mutating func commitOffsets() throws(LogFailure) {
    if offsets.isEmpty {
      answer = .committed
      return
    }
    do throws(KafkaError) {
      try consumer.commitLater(offsets)
      answer = .awaited
    } catch {
      throw LogFailure(.retry, reason: "\(error)")
    }
  }

  /// A record that was given to the producer can't be taken back: readers may see it all the same, and once more when
  /// it is delivered again, with the same id.
  mutating func abort() throws(LogFailure) { try begin() }

  mutating func serveProducer() {
    let current = delivery
    var acknowledged = 0
    var failure: KafkaError?
    producer.serve { report in
      guard report.token == current else { return }
      acknowledged += 1
      if let error = report.error { failure = error }
    }
    unacknowledged -= acknowledged
    if refusal == nil { refusal = failure }
  }

  /// A transition wasn't taken or won't be acknowledged: with room in the queue the same call will do; otherwise the
  /// whole delivery is made again, after a fatal error by a new producer.
  private mutating func fail(_ error: KafkaError) throws(LogFailure) {
    if error.code == .queueFull { throw LogFailure(.retry, reason: "\(error)") }
    if error.isFatal || producer.fatalError != nil { renewProducer(after: error) }
    throw LogFailure(.deliverAgain, reason: "\(error)")
  }

  private mutating func renewProducer(after error: KafkaError) {
    logger.error("the producer has failed and is made anew", ["reason": .string("\(error)")])
    do throws(KafkaError) {
      let successor = try Self.makeProducer(configuration, logger, wakeup)
      let failed = exchange(&producer, with: successor)
      _ = failed.close(by: time.monotonic)
    } catch {
      logger.limited(trouble, .error, "no new producer can be made", ["reason": .string("\(error)")])
    }
  }

  consuming func close(until deadline: MonotonicTime) {
    // Acknowledged by now, or counted as undelivered: nothing to wait for.
    _ = producer.close(by: time.monotonic)
    consumer.close(by: deadline)
  }
}
