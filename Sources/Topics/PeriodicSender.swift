import Kafka
import Platform
import Synchronization

/// Writes what a program says of itself to a topic, at an interval, as a service.
///
/// Old records of this kind are useless: as long as brokers don't take them, no further ones are made, and none is waited
/// for at the end. If brokers refuse the topic, the next try follows five minutes later.
public final class PeriodicSender: Service {
  /// What it sends, and where.
  public struct Plan: Sendable {
    /// The connection to the brokers.
    public var configuration: Configuration
    /// The topic.
    public var topic: String
    /// From one set of records to the next.
    public var interval = Duration.seconds(10)

    /// A plan to send to `topic` every 10 s.
    public init(_ configuration: Configuration, topic: String) {
      self.configuration = configuration
      self.topic = topic
    }
  }

  /// A record.
  public struct Record: Sendable {
    var key: [UInt8]
    var value: [UInt8]

    /// A record with this key.
    public init(key: String, value: [UInt8]) {
      self.key = Array(key.utf8)
      self.value = value
    }
  }

  /// The memory for records on their way. Beyond it a record is left out.
  private static let backlogBytes = 1 << 20

  /// `metrics`
  public let name = "metrics"
  private let plan: Plan
  private let log: Logger
  private let time: any TimeSource
  private let topicIsReady: @Sendable (String) -> Bool
  private let records: @Sendable () -> [Record]
  private let heartbeat: Heartbeat
  private let stopping = StopSource()
  private let state = Mutex((thread: JoinHandle?.none, deadline: MonotonicTime(nanoseconds: 0)))

  /// Does nothing before `start`.
  ///
  /// - Parameters:
  ///   - topicIsReady: whether the topic exists. No record is sent before, because a request for a missing topic makes
  ///     many brokers create it with their defaults.
  ///   - records: what is to be sent now. Called on the sender's thread.
  public init(
    _ plan: Plan, log: Logger, time: any TimeSource = SystemTime(),
    topicIsReady: @escaping @Sendable (_ topic: String) -> Bool = { _ in true },
    records: @escaping @Sendable () -> [Record]
  ) {
    self.plan = plan
    self.log = log
    self.time = time
    self.topicIsReady = topicIsReady
    self.records = records
    heartbeat = Heartbeat(name: name, allowedSilence: .seconds(10), now: time.monotonic)
  }

  /// The heartbeat of its loop.
  public var heartbeats: [Heartbeat] { [heartbeat] }

  /// Starts the loop, which sends the first records at once.
  ///
  /// - Throws: `KafkaError` if a property is refused or a TLS file can't be read, `SystemError` if no thread or
  ///   descriptor is left. Unreachable brokers are no failure.
  public func start() throws {
    let wakeup = try Wakeup()
    stopping.token.onStop(ring: wakeup)
    let handOver = HandOver(try makeProducer())
    heartbeat.beat(time.monotonic)
    let handle = try startThread(name: name) { [self] in
      guard var producer = handOver.take() else { return }
      run(&producer, wakeup)
      heartbeat.end()
      producer.close(by: state.withLock { $0.deadline })
    }
    state.withLock { $0.thread = handle }
  }

  /// Ends the loop by `deadline`.
  ///
  /// - Returns: 0; nobody misses these records.
  public func stop(by deadline: MonotonicTime) -> Int {
    guard let handle = state.withLock({ $0.thread }) else { return 0 }
    state.withLock { $0.deadline = min(deadline, SystemTime().monotonic + .milliseconds(500)) }
    stopping.stop()
    _ = handle.join(until: deadline)
    return 0
  }

  private func makeProducer() throws(KafkaError) -> ReliableProducer {
    var delivery = DeliveryPlan(
      plan.configuration, lanes: [.init(topic: plan.topic, isDispensable: true)], endurance: .endless)
    delivery.options.queueRecords = 1000
    delivery.options.queueKiB = 1024
    delivery.options.linger = .zero
    delivery.options.isGapless = true
    let limit = RateLimit(1, per: .seconds(60), time: time)
    return try ReliableProducer(delivery, backlog: MemoryBacklog(limit: Self.backlogBytes), log: log) {
      [log, topic = plan.topic] notice in
      switch notice {
      // The line on the closed lane says it.
      case .setAside(_, let error) where error.code == .topicAuthorizationFailed: break
      case .renews(let error, _, _), .sendsAgain(let error, _, _), .cannotRenew(let error), .setAside(_, let error):
        log.limited(
          limit, .warning, "the program's own metrics can't be sent just now",
          ["topic": .string(topic), "reason": .string("\(error)")])
      case .sendsAlone: break
      }
    }
  }

  private func run(_ producer: inout ReliableProducer, _ wakeup: Wakeup) {
    var next = time.monotonic
    var wasClosed = false
    while !stopping.token.isStopped {
      let now = time.monotonic
      if now >= next {
        if producer.undelivered == 0, topicIsReady(plan.topic) { take(&producer) }
        // After a pause of the machine nothing is made up for.
        next = next + plan.interval > now ? next + plan.interval : now + plan.interval
      }
      producer.turn(at: now)
      let refusal = producer.closure(ofLane: 0)
      if !wasClosed, let refusal {
        log.error(
          "brokers refuse the program's own metrics; the next try follows in five minutes",
          refusal.facts(ofWritingTo: plan.topic, plan.configuration))
      }
      wasClosed = refusal != nil
      let turn = producer.nextTurn(after: now).map { min($0, next) } ?? next
      heartbeat.beat(now, waitingUntil: turn)
      _ = time.wait(for: wakeup, until: turn)
    }
  }

  private func take(_ producer: inout ReliableProducer) {
    for record in records() {
      record.key.withUnsafeBytes { key in
        record.value.withUnsafeBytes { value in
          _ = producer.take(OutgoingRecord(lane: 0, key: key, value: value))
        }
      }
    }
  }
}
