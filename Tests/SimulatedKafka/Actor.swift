import Evaluator
import Platform
import Rules
import Settings

/// One process of a schedule: a worker, which can die and be started again.
final class Actor {
  let name: String
  private var member: SimulatedMember?
  private var worker: Worker<SimulatedLog, Evaluation>?
  private var share: WorkerShare<SourceRules>?
  /// The source topics, and the rules of each in its file.
  private let topics: [String]
  private(set) var rules: [RuleSet]
  /// Whether its turn is running.
  private(set) var isBusy = false

  init(name: String, topics: [String], rules: [RuleSet]) {
    self.name = name
    self.topics = topics
    self.rules = rules
  }

  private var sources: [Settings.Source] { zip(topics, rules).map { Settings.Source(topic: $0, rules: $1) } }

  /// Another process with the same file.
  convenience init(like other: Actor) { self.init(name: other.name, topics: other.topics, rules: other.rules) }

  /// Whether another process with its name was started: once this one has ended, it isn't started again.
  var isReplaced = false

  /// Whether its process is dead.
  var isGone: Bool { member?.isDead ?? true }

  /// Whether its worker has nothing under way. A process whose name another one has never comes to rest.
  var isAtRest: Bool { isReplaced || !isGone && worker?.isAtRest == true }

  func kill() { member?.isDead = true }

  /// Its file gets other rules, and it is told to reload.
  func reload(_ rules: [RuleSet]) {
    self.rules = rules
    share?.offer(SourceRules(sources))
  }

  func start(_ log: consuming SimulatedLog, _ member: SimulatedMember, _ time: ManualTime) {
    guard let share = try? WorkerShare<SourceRules>() else { return }
    self.member = member
    self.share = share
    var plan = WorkerPlan(
      topics: topics, group: "group", instance: name, commitInterval: .milliseconds(100),
      checkpointInterval: .milliseconds(1500))
    plan.checkpointLimit = 3
    worker = Worker(
      log: log, orders: SourceRules(sources), plan: plan, share: share,
      heartbeat: Heartbeat(name: name, allowedSilence: .seconds(10), now: time.monotonic),
      logger: Logger(level: .critical, output: Silence()), time: time)
  }

  func turn() {
    if isBusy || isGone { return }
    isBusy = true
    worker?.turn()
    if worker?.end != nil { kill() }
    isBusy = false
  }
}

/// Nobody reads the log of a schedule.
private struct Silence: LogOutput {
  func write(_ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata) {}
}
