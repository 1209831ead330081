import Kafka
import Platform

/// Sends records for a command, waits if the queue is full, and counts the results.
///
/// A producer can fail for good: before librdkafka 2.3 a lost answer while partitions change their leaders is enough
/// (https://github.com/confluentinc/librdkafka/pull/4438). Then a new one resends the unacknowledged records, in their
/// original order; brokers may have some of them already. A batch that is too large for its topic is sent again in
/// smaller ones, so that only a record that is too large by itself is refused.
struct Sender: ~Copyable {
  /// A record that a failed producer hadn't delivered.
  private struct Undelivered {
    /// Its number among all records handed over.
    var number: UInt
    var topic: String
    var partition: Int32?
    var key: [UInt8]
    var value: [UInt8]?

    init(_ report: Producer.Delivery) {
      number = report.token
      topic = report.topic
      partition = report.partition < 0 ? nil : report.partition
      key = report.key.map(Array.init) ?? []
      value = report.value.map(Array.init)
    }
  }

  /// A producer's answer to a record.
  private enum Answer { case done, full, hasFailed }

  private let configuration: Configuration
  private var producer: Producer
  private let signals: Signals
  private let wakeup: Wakeup
  private let onFailure: ((_ number: Int, _ error: KafkaError) -> Void)?
  /// The number of records handed over, whatever their result.
  private(set) var sent = 0
  /// The number of records that failed for good.
  private(set) var failed = 0
  /// Those of `failed` that brokers refuse themselves, so that another try is useless.
  private(set) var refused = 0
  /// The error of the first of `failed`.
  private(set) var firstError: KafkaError?
  /// Whether a signal ends the command, or no producer can send.
  private(set) var isStopped = false
  /// Records to resend before all others; the oldest is the last.
  private var again: [Undelivered] = []
  /// The number of records that this producer has delivered.
  private var delivered = 0
  private var isRenewed = false
  private var hasGivenUp = false
  /// The wanted bound of batches, and that of this producer.
  private var bound: BatchBound
  private var made: BatchBound
  private var mustShrink: Bool { bound != made }

  /// - Parameters:
  ///   - recordLimit: the maximum size that the topic accepts, in bytes; nil if unknown.
  ///   - onFailure: called at once for each record that fails for good, with its number and the error.
  /// - Throws: if the configuration is refused, or if no file descriptor is left.
  static func make(
    _ configuration: Configuration, recordLimit: Int? = nil, signals: Signals,
    onFailure: ((_ number: Int, _ error: KafkaError) -> Void)? = nil
  ) throws -> Sender {
    let wakeup = try Wakeup()
    let bound = BatchBound(recordLimit ?? BatchBound.usual)
    let producer = try makeProducer(configuration, bound, wakeup)
    return Sender(configuration, bound, producer, signals, wakeup, onFailure)
  }

  private static func makeProducer(
    _ configuration: Configuration, _ bound: BatchBound, _ wakeup: Wakeup
  ) throws(KafkaError) -> Producer {
    var options = Producer.Options()
    if bound.bytes != BatchBound.usual { options.batchBytes = bound.bytes }
    var producer = try Producer(configuration, options: options, log: Cluster.log, wakeup: wakeup)
    // Drains the events of its creation: only an empty queue rings for new ones.
    producer.serve()
    return producer
  }

  private init(
    _ configuration: Configuration, _ bound: BatchBound, _ producer: consuming Producer, _ signals: Signals,
    _ wakeup: Wakeup, _ onFailure: ((_ number: Int, _ error: KafkaError) -> Void)?
  ) {
    (self.bound, made) = (bound, bound)
    self.onFailure = onFailure
    self.configuration = configuration
    self.producer = producer
    self.signals = signals
    self.wakeup = wakeup
  }

  /// Hands one record over. If the queue is full, waits for room or a signal. A value of nil is a tombstone; without a
  /// partition the key decides.
  mutating func send(
    topic: String, partition: Int32? = nil, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
  ) {
    sent += 1
    while !isStopped {
      switch sendAgain() ? offer(UInt(sent), topic, partition, key, value) : .full {
      case .done: return
      case .full: if !isStopped { wait(until: nil) }
      case .hasFailed: renew()
      }
    }
    failed += 1
  }

  private mutating func offer(
    _ number: UInt, _ topic: String, _ partition: Int32?, _ key: UnsafeRawBufferPointer,
    _ value: UnsafeRawBufferPointer?
  ) -> Answer {
    if mustShrink { return .full }
    do {
      let produced = try producer.produce(topic: topic, partition: partition, key: key, value: value, token: number)
      return produced == .accepted ? .done : .full
    } catch {
      if producer.fatalError != nil { return .hasFailed }
      count(number, error)
      return .done
    }
  }

  /// Hands over the records of a failed producer again. Returns false if there isn't room for all of them yet.
  private mutating func sendAgain() -> Bool {
    while !hasGivenUp, let next = again.last {
      let answer = next.key.withUnsafeBytes { key in
        guard let value = next.value else { return offer(next.number, next.topic, next.partition, key, nil) }
        return value.withUnsafeBytes { offer(next.number, next.topic, next.partition, key, $0) }
      }
      switch answer {
      case .done: again.removeLast()
      case .full: return false
      case .hasFailed: renew()
      }
    }
    return !hasGivenUp
  }

  /// Replaces the producer if it has failed. Gives up if the second one in a row fails without having delivered
  /// anything.
  private mutating func renew() {
    guard !hasGivenUp, let error = producer.fatalError else { return }
    producer.purge()
    let patience = SystemTime().monotonic + .seconds(2)
    take { producer, body in _ = producer.flush(by: patience, body) }
    if isRenewed, delivered == 0 { return giveUp(error) }
    do throws(KafkaError) {
      var other = try Self.makeProducer(configuration, bound, wakeup)
      swap(&producer, &other)
      let unknown = other.close(by: SystemTime().monotonic)
      for _ in 0..<unknown { count(nil, error) }
    } catch {
      return giveUp(error)
    }
    (isRenewed, delivered, made) = (true, 0, bound)
    again.sort { $0.number > $1.number }
    Cluster.log.warning(
      "the producer failed; a new one resends the unacknowledged records",
      ["reason": .string("\(error)"), "records": .int(again.count)])
  }

  /// Replaces the producer by one with smaller batches, once it has no outstanding records.
  private mutating func shrink() {
    guard mustShrink, !hasGivenUp, producer.outstanding == 0 else { return }
    do throws(KafkaError) {
      var other = try Self.makeProducer(configuration, bound, wakeup)
      swap(&producer, &other)
      _ = other.close(by: SystemTime().monotonic)
    } catch {
      return giveUp(error)
    }
    made = bound
    again.sort { $0.number > $1.number }
  }

  private mutating func giveUp(_ error: KafkaError) {
    (hasGivenUp, isStopped) = (true, true)
    for record in again { count(record.number, error) }
    again = []
  }

  /// Processes the delivery reports that `serve` gets from the producer.
  private mutating func take(_ serve: (inout Producer, (Producer.Delivery) -> Void) -> Void) {
    var refusals: [(UInt, KafkaError)] = []
    var undelivered: [Undelivered] = []
    var delivered = 0
    let made = made
    var smaller = made
    serve(&producer) { delivery in
      guard let error = delivery.error else {
        delivered += 1
        return
      }
      if delivery.code == .messageTooLarge {
        var now = made
        if now.refused(size: delivery.size) == .tooLarge { return refusals.append((delivery.token, error)) }
        smaller = now
        return undelivered.append(Undelivered(delivery))
      }
      guard error.isFatal else { return refusals.append((delivery.token, error)) }
      undelivered.append(Undelivered(delivery))
    }
    self.delivered += delivered
    for (number, error) in refusals { count(number, error) }
    again += undelivered
    if smaller != made { bound = smaller }
    if hasGivenUp, let error = producer.fatalError { giveUp(error) }
  }

  /// Processes delivery reports, and checks for a signal.
  mutating func serve() {
    take { producer, body in producer.serve(body) }
    renew()
    shrink()
    _ = sendAgain()
    if signals.take() == .stop { isStopped = true }
  }

  /// Waits for delivery reports, a signal or `deadline`, and processes them.
  mutating func wait(until deadline: MonotonicTime?) {
    if signals.wait(or: wakeup, until: deadline) == .stop { isStopped = true }
    serve()
  }

  /// Waits for delivery reports, a signal, or data to read from `input`. Returns whether there is data.
  mutating func wait(forInput input: Int32) -> Bool {
    let isReady = signals.wait(or: wakeup, orInput: input)
    serve()
    return isReady && !isStopped
  }

  /// The result of all records.
  struct Outcome {
    /// The number of undelivered records.
    var undelivered: Int
    /// Those of them that brokers refuse themselves, so that another try is useless.
    var refused: Int
    /// The error of the first of them.
    var firstError: KafkaError?
  }

  /// Waits until everything is delivered, a signal comes, or `limit` is over. After a signal, waits for 3 s at most.
  consuming func finish(within limit: Duration) -> Outcome {
    let time = SystemTime()
    let begin = time.monotonic
    var deadline = begin + (isStopped ? min(limit, .seconds(3)) : limit)
    let wasStopped = isStopped
    while producer.outstanding > 0 || !again.isEmpty, time.monotonic < deadline {
      // In steps, so that a signal is noticed.
      let next = min(deadline, time.monotonic + .milliseconds(200))
      _ = sendAgain()
      take { producer, body in _ = producer.flush(by: next, body) }
      renew()
      shrink()
      if !wasStopped, signals.take() == .stop { deadline = min(deadline, time.monotonic + .seconds(3)) }
    }
    var outcome = Outcome(undelivered: failed + again.count, refused: refused, firstError: firstError)
    outcome.undelivered += producer.close(by: time.monotonic + .milliseconds(500))
    return outcome
  }

  /// Counts a record that failed for good; `number` is nil if it isn't known which.
  private mutating func count(_ number: UInt?, _ error: KafkaError) {
    failed += 1
    if error.code.refusesRecord { refused += 1 }
    firstError = firstError ?? error
    if let number { onFailure?(Int(clamping: number), error) }
  }
}
