import Kafka
import Platform
import Rules
import Settings
import Synchronization

/// The evaluator as a service: one worker on a thread of its own.
public final class EvaluatorService: Service {
  /// `evaluator`
  public let name = "evaluator"
  private let settings: Settings
  private let configuration: Configuration
  private let rules: RuleSet
  private let log: Logger
  private let time: any TimeSource
  private let share: WorkerShare
  private let heartbeat: Heartbeat
  private let thread = Mutex<JoinHandle?>(nil)

  /// Nothing happens before `start`.
  ///
  /// - Parameters:
  ///   - settings: topics, `[evaluator]` and the rules, which have no problems.
  ///   - configuration: how the brokers are reached.
  /// - Throws: where no file descriptor is left.
  public init(
    settings: Settings, configuration: Configuration, log: Logger, time: any TimeSource = SystemTime()
  ) throws(SystemError) {
    self.settings = settings
    self.configuration = configuration
    self.log = log
    self.time = time
    rules = settings.ruleSet
    share = try WorkerShare()
    // A turn takes a few calls to the log, each with its patience; handing partitions over beats for itself.
    heartbeat = Heartbeat(name: name, allowedSilence: .seconds(15), now: time.monotonic)
  }

  /// The worker's.
  public var heartbeats: [Heartbeat] { [heartbeat] }

  /// What was done so far, and where things stand.
  public var numbers: EvaluatorNumbers { share.numbers }

  /// Connects in the background, joins the group and evaluates, as soon as brokers are there.
  ///
  /// - Throws: where a property is refused, a file of TLS can't be read, or no thread is left.
  public func start() throws {
    let evaluator = settings.evaluator
    let names = KafkaLog.Names(
      sources: [settings.topics.status], alerts: settings.topics.alerts, alertsCurrent: settings.topics.alertsCurrent,
      changelog: settings.topics.changelog, mayCreate: settings.topics.create, group: evaluator.group,
      transactionalID: "\(evaluator.group)/\(evaluator.instance)/0")
    let plan = WorkerPlan(
      topics: names.sources, group: evaluator.group, instance: evaluator.instance,
      commitInterval: evaluator.commitInterval, checkpointInterval: evaluator.checkpointInterval,
      maxFuture: evaluator.maxFuture)
    heartbeat.beat(time.monotonic)
    let worker = Handover(
      Worker(
        log: try KafkaLog(
          configuration, names: names, delivery: evaluator.delivery.map { $0 == .exactlyOnce ? .transactions : .steps },
          logger: log, wakeup: share.wakeup, time: time),
        rules: rules, plan: plan, share: share, heartbeat: heartbeat, logger: log, time: time))
    let handle = try startThread(name: "evaluator") { worker.take()?.run() }
    thread.withLock { $0 = handle }
  }

  /// Whether it has ended for good: another evaluator goes by its name, or somebody has to do something first.
  public var hasFailed: Bool { share.hasFailed }

  /// As `Service` says.
  public func onFailure(ring wakeup: Wakeup) { share.onFailure(ring: wakeup) }

  /// From the next batch on these rules hold, in every partition at once: what can't go on under them is resolved,
  /// every other alert lives on. The rules have no problems.
  public func reload(_ rules: RuleSet) { share.offer(rules) }

  /// Delivers what there is, commits, hands the partitions over and leaves the group; bounded by `deadline`, also
  /// while a broker is silent.
  ///
  /// - Returns: transitions that weren't acknowledged, and partitions whose position couldn't be committed.
  public func stop(by deadline: MonotonicTime) -> Int {
    share.stop(by: deadline)
    let hasEnded = thread.withLock { $0 }?.join(until: deadline) ?? true
    if !hasEnded {
      // A silent broker holds whoever wants to leave its group; that alone undoes nothing.
      log.log(share.undone > 0 ? .warning : .notice, "the evaluator doesn't end in time and is left behind")
    }
    return share.undone
  }
}

/// Hands a value over to the one thread that uses it.
private final class Handover<Value: ~Copyable>: @unchecked Sendable {
  private var value: Value?

  init(_ value: consuming Value) { self.value = consume value }

  /// The value, once.
  func take() -> Value? { value.take() }
}
