import Platform
import Records
import Rules
import Streams

/// A validated configuration, with defaults filled in. `docs/configuration.md` explains each key.
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
  /// `[meter]`
  public var meter: Meter
  /// `[lag]`; nil without that table.
  public var lag: Lag?
  /// `[forward]`
  public var forward: Forward
  /// `[metrics]`
  public var metrics: Metrics
  /// `[log]`
  public var log: Log
  /// `[[stream]]`, in the order of the file.
  public var streams: [StreamDefinition]
  /// `[[rule]]`, in the order of the file.
  public var rules: [Rule]
  /// `[[receiver]]`, in the order of the file. Without `Surroundings.receivers` their secrets aren't those of the file.
  public var receivers: [ReceiverSettings]

  /// The settings of a file that names nothing but `brokers`, on a machine called `hostName`.
  public init(brokers: String, hostName: String = Surroundings.machine.hostName) {
    kafka = Connection(brokers: brokers)
    run = Run(instance: hostName)
    topics = Topics()
    agent = Agent(host: hostName)
    evaluator = Evaluator()
    meter = Meter()
    forward = Forward()
    metrics = Metrics()
    log = Log()
    streams = []
    rules = []
    receivers = []
  }

  /// Whether a meter has something to do.
  public var needsMeter: Bool { !streams.isEmpty || lag != nil }

  /// `[run]`: the role of this process.
  public struct Run: Equatable, Sendable {
    /// The role.
    public var role = Role.all
    /// The unique name of this process among those that share its work. By it a restarted process takes its
    /// predecessor's place.
    public var instance: String

    /// The defaults, for a process of this name.
    public init(instance: String) { self.instance = instance }
  }

  /// The role of a process.
  public enum Role: String, Equatable, Sendable, CaseIterable {
    /// Samples this host.
    case agent
    /// Applies the rules.
    case evaluator
    /// Reads the streams.
    case meter
    /// All of these.
    case all

    /// Whether this host is sampled.
    public var samples: Bool { self == .agent || self == .all }
    /// Whether rules are applied.
    public var evaluates: Bool { self == .evaluator || self == .all }
    /// Whether streams are read.
    public var meters: Bool { self == .meter || self == .all }
  }

  /// `[topics]`: the names of the topics, and whether statusd creates missing ones.
  public struct Topics: Equatable, Sendable {
    /// Status records.
    public var status = "status_topic"
    /// statusd's own metrics.
    public var readings = "statusd-readings"
    /// Monitor records.
    public var monitor = "monitor_topic"
    /// Transitions.
    public var alerts = "alerts"
    /// The last transition of each firing alert.
    public var alertsCurrent = "alerts-current"
    /// The data from which an evaluator restores its state.
    public var changelog = "statusd-changelog"
    /// The data from which a meter goes on.
    public var streams = "statusd-streams"
    /// The data from which a forwarder goes on.
    public var forward = "statusd-forward"
    /// Transitions that receivers could not be told of.
    public var undelivered = "statusd-undelivered"
    /// Whether missing topics are created.
    public var create = true
    /// The number of partitions of a created topic.
    public var partitions: Int32 = 1
    /// The number of copies of a created topic; nil for as many as the cluster has brokers, at most 3.
    public var replication: Int16?

    /// The names of all topics, each with its key.
    public var named: [(key: String, name: String)] {
      [
        ("status", status), ("readings", readings), ("monitor", monitor), ("alerts", alerts),
        ("alerts_current", alertsCurrent), ("changelog", changelog), ("streams", streams), ("forward", forward),
        ("undelivered", undelivered),
      ]
    }
  }

  /// `[agent]`: how this host is sampled.
  public struct Agent: Equatable, Sendable {
    /// The time between two samples.
    public var interval = Duration.seconds(1)
    /// The name of the host in its records.
    public var host: String
    /// The path of procfs; not `/proc` if the host's `/proc` is mounted elsewhere in a container.
    public var procfs = "/proc"
    /// The maximum size of records that wait in memory while brokers are unreachable, in bytes; beyond it samples are
    /// lost, counted and logged.
    public var buffer: Int64 = 16 << 20
    /// `[agent.tags]`: texts that every status record of this host carries, in the order of the file.
    public var tags: [StatusRecord.Tag] = []

    /// The defaults, for a host of this name.
    public init(host: String) { self.host = host }
  }

  /// `[evaluator]`: how records are read.
  public struct Evaluator: Equatable, Sendable {
    /// The consumer group.
    public var group = "status_group"
    /// The number of workers, each a member of the group with a thread of its own.
    public var workers = 1
    /// Where a group begins if it has evaluated nothing of a topic yet.
    public var start = Start.end
    /// How transitions are delivered; nil for exactly once, or at least once if brokers have no transactions.
    public var delivery: Delivery?
    /// How often the position in the source topic is committed.
    public var commitInterval = Duration.seconds(1)
    /// The longest time until a host's change is written to the changelog.
    public var checkpointInterval = Duration.seconds(60)
    /// A record is bad if its own time is further than this ahead of its Kafka time.
    public var maxFuture = Duration.seconds(60)
    /// A subject is forgotten if no record of it came for this long, by the log's time.
    public var forgetAfter = RuleSet.Bounds().forgetAfter
    /// The maximum number of subjects with state in this process; new ones beyond it are refused, counted and logged.
    public var maxSubjects = 100_000
    /// The maximum number of samples in a rule's window; beyond it the oldest are dropped, counted and logged.
    public var maxSamples = RuleSet.Bounds().maxSamples

    /// The defaults.
    public init() {}
  }

  /// Where a group begins if it has evaluated nothing of a topic yet.
  public enum Start: Equatable, Sendable {
    /// With records that arrive after the evaluator's start.
    case end
    /// With all records.
    case beginning
    /// With records that arrived up to this long before the evaluator's start, by Kafka's time.
    case ago(Duration)

    /// The Kafka time of the first record, for an evaluator that is started `now`; the epoch for all records.
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

  /// `[meter]`: how streams are shared out.
  public struct Meter: Equatable, Sendable {
    /// The consumer group of the meters that share the streams.
    public var group = "monitor_group"
    /// The number of workers, each a member of the group with a thread of its own.
    public var workers = 1

    /// The defaults.
    public init() {}
  }

  /// `[forward]`: how receivers are shared out.
  public struct Forward: Equatable, Sendable {
    /// The consumer group of the forwarders that share the receivers.
    public var group = "statusd-forward"

    /// The defaults.
    public init() {}
  }

  /// `[metrics]`: where `statusd-forward` shows metrics to Prometheus.
  public struct Metrics: Equatable, Sendable {
    /// `host:port`, an IPv6 address in brackets; nil if it doesn't listen.
    public var listen: String?

    /// The defaults: it doesn't listen.
    public init() {}

    /// The host, without brackets, and the port; nil if it doesn't listen.
    public var address: (host: String, port: UInt16)? { listen.flatMap { Names.address(ofListen: $0) } }
  }

  /// A program that reads the configuration.
  public enum Program: Sendable {
    /// `statusd`
    case statusd
    /// `statusd-forward`
    case forwarder
  }

  /// `[log]`: the log on standard error.
  public struct Log: Equatable, Sendable {
    /// The least important level that is written.
    public var level = LogLevel.info
  }
}
