import Kafka
import Platform

/// Sends records for a command: waits while there is no room, reacts to signals, and counts the results.
public struct Sender: ~Copyable {
  /// The topics, and what is known of them.
  public struct Plan {
    /// The connection to the brokers.
    public var configuration: Configuration
    /// The topics, at most 256; `send` names them by their place here.
    public var topics: [String]
    /// The maximum size in bytes of a batch, and so of a record, that the topics accept; nil if unknown.
    public var recordLimit: Int?

    /// A plan to send to `topics`.
    public init(_ configuration: Configuration, topics: [String], recordLimit: Int? = nil) {
      self.configuration = configuration
      self.topics = topics
      self.recordLimit = recordLimit
    }
  }

  /// The maximum size in bytes of the records that wait for brokers.
  private static var backlogBytes: Int { 32 << 20 }
  /// How long waiting records may still be delivered after a signal.
  private static var patienceAfterSignal: Duration { .seconds(3) }

  private var producer: ReliableProducer
  private let signals: Signals
  private let wakeup: Wakeup
  private let time = SystemTime()
  /// The number of records given to `send`, whatever became of them.
  public private(set) var sent = 0
  /// Records that were not taken because the command had to end.
  private var untaken = 0
  private var hasHeardStop = false

  /// Whether a signal has requested the end, or no producer can deliver anything.
  public var isStopped: Bool { hasHeardStop || producer.givenUp != nil }

  /// Creates a sender, which connects in the background.
  ///
  /// - Parameters:
  ///   - log: gets connection problems and failures of the producer.
  ///   - onFailure: called at once for each record that won't be delivered: its number, from 1, and why.
  /// - Throws: if the configuration is refused, or no file descriptor is left.
  public static func make(
    _ plan: Plan, signals: Signals, log: Logger,
    onFailure: @escaping (_ number: Int, _ error: KafkaError) -> Void = { _, _ in }
  ) throws -> Sender {
    let wakeup = try Wakeup()
    let lanes = plan.topics.map { DeliveryPlan.Lane(topic: $0) }
    var delivery = DeliveryPlan(plan.configuration, lanes: lanes, endurance: .brief)
    delivery.batchBytes = plan.recordLimit
    delivery.options.queueKiB = 16_384
    let producer = try ReliableProducer(
      delivery, backlog: MemoryBacklog(limit: backlogBytes), log: log, wakeup: wakeup
    ) { notice in
      switch notice {
      case .renews(let error, _, let records):
        log.warning(
          "the producer failed; a new one resends the unacknowledged records",
          ["reason": .string("\(error)"), "records": .int(records)])
      case .setAside(let number, let error): onFailure(Int(clamping: number), error)
      // These don't occur with `.brief`.
      case .sendsAgain, .sendsAlone, .cannotRenew: break
      }
    }
    return Sender(producer, signals, wakeup)
  }

  private init(_ producer: consuming ReliableProducer, _ signals: Signals, _ wakeup: Wakeup) {
    self.producer = producer
    self.signals = signals
    self.wakeup = wakeup
  }

  /// Sends one record. If there is no room for it, waits until there is, or until a signal comes.
  ///
  /// - Parameters:
  ///   - topic: the topic's place in the plan.
  ///   - partition: nil if the key decides.
  ///   - value: nil for a tombstone.
  public mutating func send(
    to topic: Int = 0, partition: Int32? = nil, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
  ) {
    sent += 1
    while !isStopped, let lane = UInt8(exactly: topic) {
      let record = OutgoingRecord(lane: lane, partition: partition, key: key, value: value)
      if producer.send(record, at: time.monotonic) { return }
      // An empty backlog has no room for a record that is larger than all of it.
      if producer.undelivered == 0 { break }
      wait(until: nil)
    }
    untaken += 1
  }

  /// Processes what has arrived, without waiting.
  public mutating func serve() {
    producer.turn(at: time.monotonic)
    if signals.take() == .stop { hasHeardStop = true }
  }

  /// Waits for delivery reports, a signal or `deadline` (nil: none), and processes what has arrived.
  public mutating func wait(until deadline: MonotonicTime?) {
    if signals.wait(or: wakeup, until: deadline) == .stop { hasHeardStop = true }
    serve()
  }

  /// Waits for delivery reports, a signal, or something to read from the descriptor `input`.
  ///
  /// - Returns: whether there is something to read.
  public mutating func wait(forInput input: Int32) -> Bool {
    let isReady = signals.wait(or: wakeup, orInput: input)
    serve()
    return isReady && !isStopped
  }

  /// The result of all sends.
  public struct Outcome: Equatable, Sendable {
    /// The number of records that were not delivered.
    public var undelivered: Int
    /// Of those: records that are refused for what they are, so that no retry helps.
    public var refused: Int
    /// Why the first of them was not delivered; nil if that is unknown.
    public var firstError: KafkaError?
  }

  /// Waits until everything is delivered, for at most `limit`, and after a signal for at most 3 s.
  public consuming func finish(within limit: Duration) -> Outcome {
    let begin = time.monotonic
    let wasStopped = isStopped
    var deadline = begin + (wasStopped ? min(limit, Self.patienceAfterSignal) : limit)
    while producer.undelivered > 0, time.monotonic < deadline {
      // In steps, so that a signal is noticed.
      producer.push(until: min(deadline, time.monotonic + .milliseconds(200)), sleepingOn: wakeup)
      if !wasStopped, signals.take() == .stop {
        deadline = min(deadline, time.monotonic + Self.patienceAfterSignal)
      }
    }
    producer.close(by: time.monotonic + .milliseconds(500))
    let account = producer.account
    return Outcome(
      undelivered: untaken + Int(account.setAside) + producer.undelivered, refused: Int(account.refused),
      firstError: account.firstError)
  }
}
