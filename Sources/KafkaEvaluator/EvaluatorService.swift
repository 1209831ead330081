import Evaluator
import Kafka
import Platform
import Records
import Rules
import Settings
import Synchronization

/// The evaluator as a service: one worker or several, which share the partitions that the group gives to this process.
public final class EvaluatorService: Service {
  /// `evaluator`
  public let name = "evaluator"
  private let settings: Settings
  private let configuration: Configuration
  private let latest: LatestSources
  private let log: Logger
  private let time: any TimeSource
  private let comesBack: Bool
  private let pool: WorkerPool<SourceRules>
  private let rooms: (hosts: SubjectRoom, streams: SubjectRoom)
  private let strangers: RateLimit

  /// Does nothing before `start`.
  ///
  /// - Parameters:
  ///   - settings: topics, `[evaluator]` and the rules, which must be valid.
  ///   - configuration: how the brokers are reached.
  ///   - comesBack: whether a worker that has ended is made anew after a minute, instead of failing.
  /// - Throws: if no file descriptor is left.
  public init(
    settings: Settings, configuration: Configuration, comesBack: Bool = false, log: Logger,
    time: any TimeSource = SystemTime()
  ) throws(SystemError) {
    self.settings = settings
    self.configuration = configuration
    self.comesBack = comesBack
    self.log = log
    self.time = time
    strangers = KafkaLog.makeStrangersLimit(time)
    // Before this process sends anything.
    latest = LatestSources(settings.sources, since: time.wall)
    let limit = settings.evaluator.maxSubjects
    rooms = (SubjectRoom(limit: limit), SubjectRoom(limit: limit))
    pool = try WorkerPool(settings.evaluator.workers, of: name, now: time.monotonic)
  }

  /// The workers' heartbeats.
  public var heartbeats: [Heartbeat] { pool.heartbeats }

  /// The counters so far and the current state, over all workers.
  public var numbers: EvaluatorNumbers {
    var sum = EvaluatorNumbers(lag: 0)
    for worker in pool.workers { sum.add(worker.share.numbers) }
    return sum
  }

  /// Connects in the background, joins the group and evaluates, as soon as brokers are reachable.
  ///
  /// - Throws: if a property is refused, a TLS file can't be read, or no thread is left.
  public func start() throws {
    for (number, worker) in pool.workers.enumerated() { try start(worker, number) }
  }

  private func start(_ worker: WorkerThread<SourceRules>, _ number: Int) throws {
    worker.heartbeat.beat(time.monotonic)
    let (share, heartbeat) = (worker.share, worker.heartbeat)
    try worker.start(comesBack: comesBack, time: time) {
      [configuration, latest, log, time, strangers, settings, rooms] in
      let (sources, since) = latest.value
      let (names, plan) = Self.plan(settings, sources, since: since, worker: number, rooms)
      let delivery = settings.evaluator.delivery.map { $0 == .exactlyOnce ? KafkaLog.Mode.transactions : .steps }
      return Worker<KafkaLog, Evaluation>(
        log: try KafkaLog(
          configuration, names: names, delivery: delivery, strangers: strangers, logger: log, wakeup: share.wakeup,
          time: time),
        orders: SourceRules(sources), plan: plan, share: share, heartbeat: heartbeat, logger: log, time: time)
    }
  }

  /// What a worker reads and writes, and how.
  private static func plan(
    _ settings: Settings, _ sources: [Settings.Source], since: [String: WallTime], worker: Int,
    _ rooms: (hosts: SubjectRoom, streams: SubjectRoom)
  ) -> (KafkaLog.Names, WorkerPlan) {
    let evaluator = settings.evaluator
    let names = KafkaLog.Names(
      sources: sources.map(\.topic), alerts: settings.topics.alerts, alertsCurrent: settings.topics.alertsCurrent,
      changelog: settings.topics.changelog, mayCreate: settings.topics.create,
      growing: Set(sources.filter { $0.rules.plan.form != .status }.map(\.topic)),
      member: MemberName(group: evaluator.group, instance: settings.run.instance, worker: worker))
    var plan = WorkerPlan(
      topics: names.sources, group: evaluator.group, instance: settings.run.instance,
      commitInterval: evaluator.commitInterval, checkpointInterval: evaluator.checkpointInterval,
      maxFuture: evaluator.maxFuture, room: rooms.hosts)
    plan.streamRoom = rooms.streams
    plan.longestTransaction = KafkaLog.longestTransaction
    plan.sinceByTopic = since.mapValues { evaluator.start.time(now: $0) }
    plan.ownTopic = names.sources.firstIndex(of: settings.topics.readings)
    return (names, plan)
  }

  /// Whether a worker has ended for good: another evaluator has its name, or a person has to act first.
  public var hasFailed: Bool { pool.hasFailed }

  /// See `Service`.
  public func onFailure(ring wakeup: Wakeup) {
    pool.onFailure(ring: wakeup)
  }

  /// The rules of these settings, which must be valid, apply from the next batch on, in every partition at once. Alerts
  /// that can't go on under them are resolved; all others go on. If they watch other streams than before, the workers
  /// join the group anew; a topic that is new to the group begins as `[evaluator] start` says.
  public func reload(_ settings: Settings) {
    let sources = settings.sources
    let isSame = latest.replace(sources, at: time.wall)
    if isSame { pool.offer(SourceRules(sources)) } else { pool.remake(with: SourceRules(sources)) }
  }

  /// Sets the limit on subjects; known subjects stay.
  public func reload(maxSubjects: Int) {
    rooms.hosts.limit = maxSubjects
    rooms.streams.limit = maxSubjects
  }

  /// The group gives its partitions to others at once, instead of keeping its place for a session.
  public func leaveForGood() {
    pool.leaveForGood()
  }

  /// Delivers what is left, commits and releases the partitions; bounded by `deadline`, even if a broker is silent.
  ///
  /// - Returns: transitions that weren't acknowledged, and partitions whose position couldn't be committed.
  public func stop(by deadline: MonotonicTime) -> Int {
    let (undone, haveEnded) = pool.stop(by: deadline)
    if !haveEnded {
      // A silent broker delays a member that leaves its group; that alone loses nothing.
      if undone > 0 {
        log.warning("the evaluator doesn't end in time and isn't waited for", ["undone": .int(undone)])
      } else {
        log.info("all is delivered; the group's coordinator hasn't confirmed the leave, which isn't waited for")
      }
    }
    return undone
  }
}

/// What a new worker begins with: the topics and rules of the file as last read.
private final class LatestSources: Sendable {
  private let latest: Mutex<(sources: [Settings.Source], since: [String: WallTime])>

  init(_ sources: [Settings.Source], since now: WallTime) {
    latest = Mutex((sources, Dictionary(sources.map { ($0.topic, now) }) { first, _ in first }))
  }

  /// The sources, and when each topic was named.
  var value: (sources: [Settings.Source], since: [String: WallTime]) { latest.withLock { $0 } }

  /// Returns whether the topics are the same as before.
  func replace(_ sources: [Settings.Source], at now: WallTime) -> Bool {
    latest.withLock { latest in
      let before = latest.since
      latest = (sources, Dictionary(sources.map { ($0.topic, before[$0.topic] ?? now) }) { first, _ in first })
      return Set(before.keys) == Set(latest.since.keys)
    }
  }
}
