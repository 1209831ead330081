import Kafka
import Platform
import ProcFS
import Records
import Settings
import Synchronization

/// Samples this host at its interval and sends the records to the status topic. Every 10 s it also sends statusd's own
/// metrics, as records of the subject `statusd@HOST`, to a topic of their own.
///
/// One loop on one thread. Brokers may be unreachable at the start and at any later time: sampling goes on, and the
/// records are sent once the brokers are back.
public final class AgentService: Service {
  /// The configuration of an agent.
  public struct Plan: Sendable {
    /// `[agent]`: the interval, the host's name, the path of procfs, the size of the buffer.
    public var agent: Settings.Agent
    /// Whether this host is sampled. If not, only statusd's own metrics are sent.
    public var samplesHost = true
    /// The topic of status records.
    public var topic: String
    /// The topic of statusd's own metrics; nil if they aren't sent.
    public var ownTopic: String?
    /// The connection to the brokers.
    public var configuration: Configuration
    /// Returns the machine's current host name. Called at each turn of the loop while the host's name is only a
    /// placeholder (`localhost`); records carry the real name once there is one. nil if the configuration sets the
    /// name.
    public var machineName: (@Sendable () -> String)?
    /// The interval between two records of statusd's own metrics.
    public var ownInterval = Duration.seconds(10)

    /// A plan that samples this host.
    public init(agent: Settings.Agent, topic: String, configuration: Configuration) {
      self.agent = agent
      self.topic = topic
      self.configuration = configuration
    }
  }

  /// `agent`; `metrics` if only statusd's own metrics are sent.
  public var name: String { plan.samplesHost ? "agent" : "metrics" }
  private let plan: Plan
  private let log: Logger
  private let time: any TimeSource
  private let topicIsReady: @Sendable (String) -> Bool
  private let topicTimes: @Sendable () -> TopicTimes?
  private let ownNumbers: @Sendable () -> [(name: String, value: Double)]
  private let heartbeat: Heartbeat
  private let stopping = StopSource()
  private let shared = Mutex(AgentShared())
  private let thread = Mutex<JoinHandle?>(nil)

  /// Creates the service; nothing happens before `start`.
  ///
  /// - Parameters:
  ///   - topicIsReady: whether a topic exists. Called for each topic until it returns true; no record is sent there
  ///     before, because a request for a missing topic makes many brokers create it with their defaults.
  ///   - topicTimes: the timestamps that the topic of samples accepts, as far as known. Called when brokers refuse a
  ///     record for its timestamp.
  ///   - ownNumbers: the fields of statusd's own metrics besides the agent's. Called on the agent's thread.
  public init(
    _ plan: Plan, log: Logger, time: any TimeSource = SystemTime(),
    topicIsReady: @escaping @Sendable (_ topic: String) -> Bool = { _ in true },
    topicTimes: @escaping @Sendable () -> TopicTimes? = { nil },
    ownNumbers: @escaping @Sendable () -> [(name: String, value: Double)] = { [] }
  ) {
    self.plan = plan
    self.log = log
    self.time = time
    self.topicIsReady = topicIsReady
    self.topicTimes = topicTimes
    self.ownNumbers = ownNumbers
    heartbeat = Heartbeat(name: "agent", allowedSilence: .seconds(10), now: time.monotonic)
  }

  /// The heartbeat of its loop.
  public var heartbeats: [Heartbeat] { [heartbeat] }

  /// Counts of the work so far.
  public var numbers: AgentNumbers { shared.withLock { $0.numbers } }

  /// Takes the first reading of procfs and starts the loop.
  ///
  /// - Throws: `ProcError` if procfs can't be read, `KafkaError` if a property is refused or a TLS file can't be read,
  ///   `SystemError` if no thread or descriptor is left. Unreachable brokers are no failure.
  public func start() throws {
    let wakeup = try Wakeup()
    let sampler = plan.samplesHost ? try Sampler(root: plan.agent.procfs) : nil
    let shipper = try Shipper(shipperPlan, log: log, time: time)
    stopping.token.onStop(ring: wakeup)
    let handOver = LoopHandOver(
      AgentLoop(
        plan, sampler: sampler, shipper: shipper, log: log, time: time, topicIsReady: topicIsReady,
        ownNumbers: ownNumbers))
    let handle = try startThread(name: "agent") { [self] in
      guard var loop = handOver.take() else { return }
      while !stopping.token.isStopped {
        let next = loop.turn()
        shared.withLock { $0.numbers = loop.numbers }
        heartbeat.beat(time.monotonic, waitingUntil: next)
        _ = time.wait(for: wakeup, until: next)
      }
      heartbeat.end()
      let left = loop.finish(by: shared.withLock { $0.deadline }, wakeup: wakeup)
      shared.withLock { shared in
        shared.numbers = loop.numbers
        shared.undelivered = left
      }
    }
    thread.withLock { $0 = handle }
  }

  /// Delivers the waiting records as far as brokers accept them until `deadline`, and ends the loop.
  ///
  /// - Returns: how many records no broker has acknowledged.
  public func stop(by deadline: MonotonicTime) -> Int {
    guard let handle = thread.withLock({ $0 }) else { return 0 }
    shared.withLock { $0.deadline = deadline }
    stopping.stop()
    // The loop keeps the deadline itself; the grace is for its last steps.
    _ = handle.join(until: deadline + .milliseconds(200))
    return shared.withLock { $0.undelivered ?? Int($0.numbers.recordsWaiting) }
  }

  private var shipperPlan: Shipper.Plan {
    Shipper.Plan(
      configuration: plan.configuration, topic: plan.topic, ownTopic: plan.ownTopic ?? plan.topic,
      sampleKey: Array(plan.agent.host.utf8),
      ownKey: Array("statusd@\(plan.agent.host)".utf8), backlogBytes: Int(clamping: plan.agent.buffer),
      topicTimes: topicTimes)
  }
}

/// The state shared by the agent's thread and the others.
private struct AgentShared {
  var numbers = AgentNumbers()
  /// When `finish` must end, on the machine's monotonic clock.
  var deadline = MonotonicTime(nanoseconds: 0)
  /// The number of records left at the end; nil before.
  var undelivered: Int?
}

/// Passes a loop to its thread, which takes it once.
private final class LoopHandOver: @unchecked Sendable {
  private var loop: AgentLoop?

  init(_ loop: consuming AgentLoop) { self.loop = consume loop }

  func take() -> AgentLoop? { loop.take() }
}
