import Evaluator
import Kafka
import Platform
import Records
import Settings
import Synchronization

/// The meter as a service: one worker or several, which share the streams that the group gives to this process.
public final class MeterService: Service {
  /// `meter`
  public let name = "meter"
  private let settings: Settings
  private let configuration: Configuration
  private let log: Logger
  private let time: any TimeSource
  private let comesBack: Bool
  private let brokersTellTime: Bool
  private let orders: Mutex<StreamOrders>
  private let pool: WorkerPool<StreamOrders>
  private let strangers: RateLimit

  /// Does nothing before `start`.
  ///
  /// - Parameters:
  ///   - settings: topics, `[meter]` and the streams, which must be valid.
  ///   - configuration: how the brokers are reached.
  ///   - comesBack: whether a worker that has ended is made anew after a minute, instead of failing.
  ///   - brokersTellTime: false for a mock cluster in this process, whose clock is this one's.
  /// - Throws: if no file descriptor is left.
  public init(
    settings: Settings, configuration: Configuration, comesBack: Bool = false, brokersTellTime: Bool = true,
    log: Logger,
    time: any TimeSource = SystemTime()
  ) throws(SystemError) {
    self.settings = settings
    self.configuration = configuration
    self.comesBack = comesBack
    self.brokersTellTime = brokersTellTime
    self.log = log
    self.time = time
    strangers = KafkaLog.makeStrangersLimit(time)
    orders = Mutex(settings.streamOrders)
    pool = try WorkerPool(settings.meter.workers, of: name, now: time.monotonic)
  }

  /// The workers' heartbeats.
  public var heartbeats: [Heartbeat] { pool.heartbeats }

  /// The counters so far and the current state, over all workers.
  public var numbers: MeterNumbers {
    var sum = MeterNumbers()
    for worker in pool.workers { sum.add(worker.share.numbers) }
    return sum
  }

  /// Connects in the background, joins the group and counts, as soon as brokers are reachable.
  ///
  /// - Throws: if a property is refused, a TLS file can't be read, or no thread is left.
  public func start() throws {
    for (number, worker) in pool.workers.enumerated() { try start(worker, number) }
  }

  private func start(_ worker: WorkerThread<StreamOrders>, _ number: Int) throws {
    let topics = settings.topics
    let names = KafkaLog.Names(
      sources: [topics.streams], alerts: topics.readings, alertsCurrent: topics.readings, changelog: topics.streams,
      mayCreate: topics.create,
      member: MemberName(group: settings.meter.group, instance: settings.run.instance, worker: number))
    var plan = WorkerPlan(
      topics: names.sources, group: settings.meter.group, instance: settings.run.instance,
      commitInterval: .milliseconds(20))
    plan.longestTransaction = KafkaLog.longestTransaction
    worker.heartbeat.beat(time.monotonic)
    let (share, heartbeat) = (worker.share, worker.heartbeat)
    try worker.start(comesBack: comesBack, time: time) { [self, configuration, log, time, strangers, plan] in
      var kafka = try KafkaLog(
        configuration, names: names, delivery: .transactions, strangers: strangers, logger: log, wakeup: share.wakeup,
        time: time)
      kafka.brokersTellTime = brokersTellTime
      return Worker<KafkaLog, Metering>(
        log: kafka, orders: orders.withLock { $0 }, plan: plan, share: share, heartbeat: heartbeat, logger: log,
        time: time)
    }
  }

  /// Whether a worker has ended for good: another meter has its name, or a person has to act first.
  public var hasFailed: Bool { pool.hasFailed }

  /// See `Service`.
  public func onFailure(ring wakeup: Wakeup) {
    pool.onFailure(ring: wakeup)
  }

  /// The streams and groups of these settings, which must be valid, are metered from the next interval on.
  public func reload(_ settings: Settings) {
    let new = settings.streamOrders
    orders.withLock { $0 = new }
    pool.offer(new)
  }

  /// The group gives its partitions to others at once, instead of keeping its place for a session.
  public func leaveForGood() {
    pool.leaveForGood()
  }

  /// Delivers what is left and releases the partitions; bounded by `deadline`, even if a broker is silent.
  ///
  /// - Returns: readings that weren't acknowledged, and partitions whose position couldn't be committed.
  public func stop(by deadline: MonotonicTime) -> Int {
    let (undone, haveEnded) = pool.stop(by: deadline)
    if !haveEnded, undone > 0 {
      log.warning("the meter doesn't end in time and isn't waited for", ["undone": .int(undone)])
    }
    return undone
  }

  /// The maximum needs of one worker: those of an evaluator's, and two readers of streams.
  public static func needsOfWorker(_ client: ClientNeeds) -> ClientNeeds {
    EvaluatorService.needsOfWorker(client) + 2 * client
  }

  /// The maximum needs of asking about the cluster and its consumer groups, which one worker does: two clients and an
  /// old one that is closing, each with a thread that closes it, and the thread that asks.
  public static func needsOfLag(_ client: ClientNeeds) -> ClientNeeds {
    3 * client + ClientNeeds(threads: 4, descriptors: 8)
  }
}

extension Settings {
  /// What the meter is to do.
  fileprivate var streamOrders: StreamOrders {
    StreamOrders(
      streams, ownTopics: Set(topics.named.map(\.name)),
      lag: lag.map {
        LagOrders(
          groups: $0.groups, interval: $0.interval, stalledAfter: $0.stalledAfter,
          ownGroups: [evaluator.group, meter.group, forward.group])
      })
  }
}
