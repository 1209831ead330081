import Kafka
import Platform
import ProcFS
import Settings
import Synchronization

/// Samples this host at its interval and brings the records to the status topic; every 10 s also this program's own
/// numbers, as records of the subject `statusd@HOST`, to a topic of their own.
///
/// One loop on one thread. Brokers may be away at the start and at any time later: sampling goes on, and what was taken
/// is sent once they are back.
public final class AgentService: Service {
  /// What an agent does.
  public struct Plan: Sendable {
    /// `[agent]`: the interval, the host's name, where /proc is, how much may wait.
    public var agent: Settings.Agent
    /// Whether this host is sampled; without, only this program's own numbers are sent.
    public var samplesHost = true
    /// The topic of status records.
    public var topic: String
    /// The topic of this program's own numbers; nil: nobody wants them.
    public var ownTopic: String?
    /// How brokers are reached.
    public var configuration: Configuration
    /// Asks what the machine is called now, at each sample for as long as the host's name is none that was given to it
    /// (`localhost`): once it has one, records carry it. nil: the host's name is the configuration's.
    public var machineName: (@Sendable () -> String)?
    /// From one record of the program's own numbers to the next.
    public var ownInterval = Duration.seconds(10)

    /// A plan that samples this host.
    public init(agent: Settings.Agent, topic: String, configuration: Configuration) {
      self.agent = agent
      self.topic = topic
      self.configuration = configuration
    }
  }

  /// `agent`.
  public let name = "agent"
  private let plan: Plan
  private let log: Logger
  private let time: any TimeSource
  private let topicIsReady: @Sendable (String) -> Bool
  private let topicTimes: @Sendable () -> TopicTimes?
  private let ownNumbers: @Sendable () -> [(String, Double)]
  private let heartbeat: Heartbeat
  private let stopping = StopSource()
  private let shared = Mutex(AgentShared())
  private let thread = Mutex<JoinHandle?>(nil)

  /// Nothing happens before `start`.
  ///
  /// - Parameters:
  ///   - topicIsReady: asked of each topic until it says yes. No record is sent there before, because asking for a topic
  ///     that is missing makes many brokers create one their own way.
  ///   - topicTimes: which times the topic of samples takes, as far as is known; asked where brokers refuse a record for
  ///     its time.
  ///   - ownNumbers: the fields of this program's own records beside the agent's; called on the agent's thread.
  public init(
    _ plan: Plan, log: Logger, time: any TimeSource = SystemTime(),
    topicIsReady: @escaping @Sendable (_ topic: String) -> Bool = { _ in true },
    topicTimes: @escaping @Sendable () -> TopicTimes? = { nil },
    ownNumbers: @escaping @Sendable () -> [(String, Double)] = { [] }
  ) {
    self.plan = plan
    self.log = log
    self.time = time
    self.topicIsReady = topicIsReady
    self.topicTimes = topicTimes
    self.ownNumbers = ownNumbers
    heartbeat = Heartbeat(name: "agent", allowedSilence: .seconds(10), now: time.monotonic)
  }

  /// Its loop's sign of life.
  public var heartbeats: [Heartbeat] { [heartbeat] }

  /// What it did so far.
  public var numbers: AgentNumbers { shared.withLock { $0.numbers } }

  /// Reads /proc for the first time, and starts the loop.
  ///
  /// - Throws: `ProcError` where /proc can't be read, `KafkaError` where a property is refused or a file of TLS can't be
  ///   read, `SystemError` where no thread or descriptor is left. Brokers that are away are no failure.
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

  /// Delivers what waits, as far as brokers take it until `deadline`, and ends the loop.
  ///
  /// - Returns: how many records no broker has acknowledged.
  public func stop(by deadline: MonotonicTime) -> Int {
    guard let handle = thread.withLock({ $0 }) else { return 0 }
    shared.withLock { $0.deadline = deadline }
    stopping.stop()
    // The loop itself keeps to the deadline; the grace is for its last steps.
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

/// What the agent's thread and the others share.
private struct AgentShared {
  var numbers = AgentNumbers()
  /// Until when `finish` may take, on the machine's monotonic clock.
  var deadline = MonotonicTime(nanoseconds: 0)
  /// What was left at the end; nil before.
  var undelivered: Int?
}

/// Brings a loop to its thread, which takes it once.
private final class LoopHandOver: @unchecked Sendable {
  private var loop: AgentLoop?

  init(_ loop: consuming AgentLoop) { self.loop = consume loop }

  func take() -> AgentLoop? { loop.take() }
}
