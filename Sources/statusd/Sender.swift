import Kafka
import Platform

/// Sends records for a command, waits where there is no room, and keeps count of what became of them.
///
/// A producer can fail for good: before librdkafka 2.3 a lost answer while partitions change their leaders is enough
/// (https://github.com/confluentinc/librdkafka/pull/4438). Then a new one sends again what wasn't acknowledged, in the
/// order in which it came; of that brokers may have some already. A batch that is larger than its topic takes goes once
/// more in smaller ones, so that only a record that is too large alone is refused.
struct Sender: ~Copyable {
  /// A record that a producer that failed hadn't delivered.
  private struct Undelivered {
    /// Its number among all that were handed over.
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

  /// What a producer says to a record.
  private enum Answer { case done, full, hasFailed }

  private let configuration: Configuration
  private var producer: Producer
  private let signals: Signals
  private let wakeup: Wakeup
  private let onFailure: ((_ number: Int, _ error: KafkaError) -> Void)?
  /// Handed over, whatever became of them.
  private(set) var sent = 0
  /// Not delivered, and never will be.
  private(set) var failed = 0
  /// Of those: refused for what they are, so that no other try helps.
  private(set) var refused = 0
  /// Why the first of those wasn't.
  private(set) var firstError: KafkaError?
  /// Whether a signal has said to end, or no producer can do it.
  private(set) var isStopped = false
  /// To be sent again before anything else; the oldest is the last.
  private var again: [Undelivered] = []
  /// What this producer has delivered.
  private var delivered = 0
  private var isRenewed = false
  private var hasGivenUp = false
  /// How large batches may be, and how large this producer's are.
  private var bound: BatchBound
  private var made: BatchBound
  private var mustShrink: Bool { bound != made }

  /// - Parameters:
  ///   - recordLimit: what a topic's brokers take at once, in bytes; nil: not known.
  ///   - onFailure: told at once of each record that won't be delivered, its number and why.
  /// - Throws: where the configuration is refused, or no file descriptor is left.
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
    // What it said at its making stands in its queue, and only an empty one rings for what comes.
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

  /// Hands one record over; where the queue is full, once there is room or a signal comes. A value of nil is a
  /// tombstone; without a partition the key decides.
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

  /// Hands over what a producer that failed hadn't delivered; false: there isn't room for all of it yet.
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

  /// Makes a new producer in place of this one where it has failed. One that came to nothing, after another that had
  /// failed, is no accident: then it's over.
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

  /// Makes a producer of smaller batches, once this one holds nothing.
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

  /// Takes what `serve` brings of the producer.
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

  /// Takes what has arrived; whether a signal has come is known after it.
  mutating func serve() {
    take { producer, body in producer.serve(body) }
    renew()
    shrink()
    _ = sendAgain()
    if signals.take() == .stop { isStopped = true }
  }

  /// Waits for deliveries, a signal or `deadline`, and takes what has arrived.
  mutating func wait(until deadline: MonotonicTime?) {
    if signals.wait(or: wakeup, until: deadline) == .stop { isStopped = true }
    serve()
  }

  /// Waits for deliveries, a signal, `deadline`, or something to read from `input`; whether there is.
  mutating func wait(forInput input: Int32) -> Bool {
    let isReady = signals.wait(or: wakeup, orInput: input)
    serve()
    return isReady && !isStopped
  }

  /// What became of all records.
  struct Outcome {
    /// How many were not delivered.
    var undelivered: Int
    /// Of those: refused for what they are, so that no other try helps.
    var refused: Int
    /// Why the first of them wasn't.
    var firstError: KafkaError?
  }

  /// Waits until all is delivered, a signal comes, or `limit` is over; a signal leaves 3 s at most.
  consuming func finish(within limit: Duration) -> Outcome {
    let time = SystemTime()
    let begin = time.monotonic
    var deadline = begin + (isStopped ? min(limit, .seconds(3)) : limit)
    let wasStopped = isStopped
    while producer.outstanding > 0 || !again.isEmpty, time.monotonic < deadline {
      // In steps, so that a signal is heard.
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

  /// Counts a record that won't be delivered; one without a number is whichever.
  private mutating func count(_ number: UInt?, _ error: KafkaError) {
    failed += 1
    if error.code.refusesRecord { refused += 1 }
    firstError = firstError ?? error
    if let number { onFailure?(Int(clamping: number), error) }
  }
}
