import Evaluator
import Forwarding
import Kafka
import Platform
import Records
import Synchronization

/// The forwarder as a service: tells receivers of alerts. Several processes share the receivers.
public final class ForwardService: Service {
  /// What it reads and writes.
  public struct Plan: Sendable {
    /// The topic of all transitions.
    public var alerts: String
    /// The topic of the last transitions of firing alerts.
    public var current: String
    /// The compacted topic with the receivers' states; its records have their append times.
    public var state: String
    /// The topic of transitions that couldn't be told.
    public var undelivered: String
    /// The consumer group of the forwarders that share the receivers.
    public var group: String
    /// The unique name of this process among them.
    public var instance: String

    /// These topics, shared by the processes of `group`.
    public init(
      alerts: String, current: String, state: String, undelivered: String, group: String, instance: String
    ) {
      self.alerts = alerts
      self.current = current
      self.state = state
      self.undelivered = undelivered
      self.group = group
      self.instance = instance
    }
  }

  /// `forwarder`
  public let name = "forwarder"
  private let plan: Plan
  private let configuration: Configuration
  private let log: Logger
  private let time: any TimeSource
  private let receivers: Mutex<[ReceiverOrder]>
  private let pool: WorkerPool<ForwardOrders>
  private let dispatcher: ForwardDispatcher
  private let tally = ForwardTally()
  private let strangers: RateLimit

  /// Does nothing before `start`.
  ///
  /// - Throws: if no file descriptor is left.
  public init(
    _ plan: Plan, _ receivers: [ReceiverOrder], configuration: Configuration, log: Logger,
    time: any TimeSource = SystemTime()
  ) throws(SystemError) {
    self.plan = plan
    self.configuration = configuration
    self.log = log
    self.time = time
    self.receivers = Mutex(receivers)
    strangers = KafkaLog.makeStrangersLimit(time)
    // One worker: receivers have threads of their own, and all that it does is quick.
    pool = try WorkerPool(1, of: name, now: time.monotonic)
    dispatcher = ForwardDispatcher(wakeup: pool.workers[0].share.wakeup, log: log)
  }

  /// The worker's heartbeat.
  public var heartbeats: [Heartbeat] { pool.heartbeats }

  /// What it is to do now.
  private var orders: ForwardOrders {
    ForwardOrders(
      receivers.withLock { $0 }, alerts: plan.alerts, current: plan.current, dispatcher: dispatcher, tally: tally)
  }

  /// What it has done so far, and what waits now.
  public var numbers: ForwarderNumbers { tally.numbers(at: time.monotonic) }

  /// Whether it tells receivers just now: it holds a partition of theirs, and has committed a delivery in the last 30 s.
  public var isReady: Bool {
    guard !hasFailed, let delivered = tally.delivered else { return false }
    return time.monotonic - delivered < .seconds(30)
  }

  /// What this process says in the topic of readings: of itself, and of each receiver that it tells.
  public var records: [ForwarderRecord] {
    let (now, wall) = (time.monotonic, time.wall)
    return [ForwarderRecord(tally.numbers(at: now), instance: plan.instance, at: wall)]
      + tally.receivers(at: now).map {
        ForwarderRecord($0.numbers, of: $0.name, instance: plan.instance, at: wall)
      }
  }

  /// Connects in the background, joins the group and tells receivers, as soon as brokers are reachable.
  ///
  /// - Throws: if a property is refused, a TLS file can't be read, or no thread is left.
  public func start() throws {
    let names = KafkaLog.Names(
      sources: [plan.state], alerts: plan.undelivered, alertsCurrent: plan.undelivered, changelog: plan.state,
      mayCreate: false, member: MemberName(group: plan.group, instance: plan.instance, worker: 0))
    var workerPlan = WorkerPlan(
      topics: names.sources, group: plan.group, instance: plan.instance, commitInterval: .milliseconds(20))
    workerPlan.longestTransaction = KafkaLog.longestTransaction
    let worker = pool.workers[0]
    worker.heartbeat.beat(time.monotonic)
    let (share, heartbeat) = (worker.share, worker.heartbeat)
    try worker.start(comesBack: false, time: time) { [self, workerPlan] in
      Worker<KafkaLog, Forwarder>(
        log: try KafkaLog(
          configuration, names: names, delivery: .transactions, strangers: strangers, logger: log,
          wakeup: share.wakeup, time: time),
        orders: orders, plan: workerPlan, share: share, heartbeat: heartbeat, logger: log, time: time)
    }
  }

  /// Whether the worker has ended for good: another process has its name, or a person has to act first.
  public var hasFailed: Bool { pool.hasFailed }

  /// See `Service`.
  public func onFailure(ring wakeup: Wakeup) { pool.onFailure(ring: wakeup) }

  /// These receivers are told from now on.
  public func reload(_ receivers: [ReceiverOrder]) {
    self.receivers.withLock { $0 = receivers }
    pool.offer(orders)
  }

  /// The group gives its receivers to others at once, instead of keeping its place for a session.
  public func leaveForGood() { pool.leaveForGood() }

  /// Delivers what is left and releases the partitions; bounded by `deadline`, even if a broker is silent.
  ///
  /// - Returns: records that weren't acknowledged, and partitions whose position couldn't be committed.
  public func stop(by deadline: MonotonicTime) -> Int { pool.stop(by: deadline).undone }
}
