import Kafka
import Platform

/// Sends records for a command, waits where there is no room, and keeps count of what became of them.
struct Sender: ~Copyable {
  private var producer: Producer
  private let signals: Signals
  private let wakeup: Wakeup
  /// Handed over, whatever became of them.
  private(set) var sent = 0
  /// Not delivered, and never will be.
  private(set) var failed = 0
  /// Why the first of those wasn't.
  private(set) var firstError: KafkaError?
  /// Whether a signal has said to end.
  private(set) var isStopped = false

  /// - Throws: where the configuration is refused, or no file descriptor is left.
  static func make(_ configuration: Configuration, signals: Signals) throws -> Sender {
    let wakeup = try Wakeup()
    let producer = try Producer(configuration, log: Cluster.log, wakeup: wakeup)
    return Sender(producer, signals, wakeup)
  }

  private init(_ producer: consuming Producer, _ signals: Signals, _ wakeup: Wakeup) {
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
      do {
        switch try producer.produce(topic: topic, partition: partition, key: key, value: value) {
        case .accepted: return
        case .queueFull: wait(until: nil)
        }
      } catch {
        count(error)
        return
      }
    }
    failed += 1
  }

  /// Takes what has arrived; whether a signal has come is known after it.
  mutating func serve() {
    var errors: [KafkaError] = []
    producer.serve { if let error = $0.error { errors.append(error) } }
    for error in errors { count(error) }
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

  /// Waits until all is delivered, a signal comes, or `limit` is over; a signal leaves 3 s at most.
  ///
  /// - Returns: how many records were not delivered.
  consuming func finish(within limit: Duration) -> (undelivered: Int, firstError: KafkaError?) {
    let time = SystemTime()
    let begin = time.monotonic
    var deadline = begin + (isStopped ? min(limit, .seconds(3)) : limit)
    let wasStopped = isStopped
    while producer.outstanding > 0, time.monotonic < deadline {
      // In steps, so that a signal is heard.
      var errors: [KafkaError] = []
      _ = producer.flush(by: min(deadline, time.monotonic + .milliseconds(200))) {
        if let error = $0.error { errors.append(error) }
      }
      for error in errors { count(error) }
      if !wasStopped, signals.take() == .stop { deadline = min(deadline, time.monotonic + .seconds(3)) }
    }
    let (failed, firstError) = (failed, firstError)
    let left = producer.close(by: time.monotonic + .milliseconds(500))
    return (failed + left, firstError)
  }

  private mutating func count(_ error: KafkaError) {
    failed += 1
    firstError = firstError ?? error
  }
}
