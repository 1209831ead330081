import Platform
import Rules

/// What a configuration file says, validated, with its defaults filled in. `docs/configuration.md` explains each key.
public struct Settings: Equatable, Sendable {
  /// `[kafka]`
  public var kafka: Connection
  /// `[run]`
  public var run: Run
  /// `[topics]`
  public var topics: Topics
  /// `[agent]`
  public var agent: Agent
  /// `[evaluator]`
  public var evaluator: Evaluator
  /// `[log]`
  public var log: Log
  /// `[[rule]]`, in the order of the file.
  public var rules: [Rule]

  /// The settings of a file that names nothing but `brokers`, on a machine called `hostName`.
  public init(brokers: String, hostName: String = Surroundings.machine.hostName) {
    kafka = Connection(brokers: brokers)
    run = Run(instance: hostName)
    topics = Topics()
    agent = Agent(host: hostName)
    evaluator = Evaluator()
    log = Log()
    rules = []
  }

  /// The rules, made ready for an evaluator.
  public var ruleSet: RuleSet {
    var bounds = RuleSet.Bounds()
    bounds.maxSamples = evaluator.maxSamples
    bounds.forgetAfter = evaluator.forgetAfter
    return RuleSet(rules, bounds: bounds)
  }

  /// `[run]`: which parts of statusd this process is.
  public struct Run: Equatable, Sendable {
    /// Which parts.
    public var role = Role.all
    /// What this process is called among those that share its work: a restarted one takes its predecessor's place by it.
    public var instance: String

    /// The defaults, for a process of this name.
    public init(instance: String) { self.instance = instance }
  }

  /// Which parts of statusd a process is.
  public enum Role: String, Equatable, Sendable, CaseIterable {
    /// Samples this host.
    case agent
    /// Applies the rules.
    case evaluator
    /// Both.
    case all

    /// Whether this host is sampled.
    public var samples: Bool { self != .evaluator }
    /// Whether rules are applied.
    public var evaluates: Bool { self != .agent }
  }

  /// `[topics]`: what the topics are called, and whether statusd creates those that are missing.
  public struct Topics: Equatable, Sendable {
    /// Status records.
    public var status = "status_topic"
    /// What statusd has to say beside hosts' samples: its own numbers.
    public var readings = "statusd-readings"
    /// Monitor records.
    public var monitor = "monitor_topic"
    /// Transitions.
    public var alerts = "alerts"
    /// The last transition of what fires.
    public var alertsCurrent = "alerts-current"
    /// What an evaluator restores its state from.
    public var changelog = "statusd-changelog"
    /// Whether missing topics are created.
    public var create = true
    /// How many partitions a created topic gets.
    public var partitions: Int32 = 1
    /// How many copies a created topic gets; nil: as many as the cluster has brokers, 3 at most.
    public var replication: Int16?
  }

  /// `[agent]`: how this host is sampled.
  public struct Agent: Equatable, Sendable {
    /// From one sample to the next.
    public var interval = Duration.seconds(1)
    /// What the host is called in its records.
    public var host: String
    /// Where the kernel's files are; another folder where the host's `/proc` is mounted into a container.
    public var procfs = "/proc"
    /// Bytes of records that wait in memory while brokers are away; past it samples are lost, counted and said.
    public var buffer: Int64 = 16 << 20

    /// The defaults, for a host of this name.
    public init(host: String) { self.host = host }
  }

  /// `[evaluator]`: how records are read.
  public struct Evaluator: Equatable, Sendable {
    /// The consumer group.
    public var group = "status_group"
    /// How many members of the group this process is, each on a thread of its own.
    public var workers = 1
    /// From where on a group evaluates that has nothing of a topic yet.
    public var start = Start.end
    /// How transitions are delivered; nil: exactly once, but at least once where brokers have no transactions.
    public var delivery: Delivery?
    /// How often the position in the source topic is committed.
    public var commitInterval = Duration.seconds(1)
    /// How long a host's change may wait until it is written to the changelog.
    public var checkpointInterval = Duration.seconds(60)
    /// How far ahead of its Kafka time a record's own may be before it counts as bad.
    public var maxFuture = Duration.seconds(60)
    /// How long nothing may come of a subject, by the log's time, before it is forgotten.
    public var forgetAfter = RuleSet.Bounds().forgetAfter
    /// Subjects that this process has state of at most; new ones beyond are refused, counted and said.
    public var maxSubjects = 100_000
    /// Samples that a rule's window holds at most; past it the oldest are dropped, counted and said.
    public var maxSamples = RuleSet.Bounds().maxSamples

    /// The defaults.
    public init() {}
  }

  /// From where on a group evaluates that has nothing of a topic yet.
  public enum Start: Equatable, Sendable {
    /// What comes from the evaluator's start on.
    case end
    /// All that is there.
    case beginning
    /// What came so long before the evaluator's start, by Kafka's time.
    case ago(Duration)

    /// The Kafka time of the first record, for an evaluator that is started `now`; the epoch: all records.
    public func time(now: WallTime) -> WallTime {
      switch self {
      case .end: now
      case .beginning: WallTime(milliseconds: 0)
      case .ago(let duration): WallTime(milliseconds: max(0, now.milliseconds - duration.wholeMilliseconds))
      }
    }
  }

  /// How transitions are delivered.
  public enum Delivery: String, Equatable, Sendable, CaseIterable {
    /// Readers of committed records see each once.
    case exactlyOnce = "exactly_once"
    /// Readers may see some more than once, with the same id.
    case atLeastOnce = "at_least_once"
  }

  /// `[log]`: what is written to standard error.
  public struct Log: Equatable, Sendable {
    /// The least important level that is written.
    public var level = LogLevel.info
  }
}
