import Kafka
import Platform
import Synchronization

/// Makes sure that topics exist: creates those that are missing, or says how an administrator can, and goes on trying
/// until all are there; then it ends by itself. Says which of those that it found delete what they must keep.
///
/// On a thread of its own, because asking and creating block. Brokers that are away are no failure.
public final class TopicKeeper: Service {
  /// Which topics, and what to do about missing ones.
  public struct Plan: Sendable {
    /// The topics. One without `replication` gets as many copies as the cluster has brokers, 3 at most.
    public var topics: [Admin.NewTopic]
    /// Whether missing ones are created here; otherwise the log says which command does it.
    public var creates: Bool
    /// From one try to the next, while something is missing.
    public var interval = Duration.seconds(5)
    /// The same while no broker answers: whoever waits for its topic shall not wait for long once one does.
    public var pauseWithoutBrokers = Duration.milliseconds(500)
    /// How long `start` waits for the first try, so that no client of ours comes first and a broker makes a topic its
    /// own way.
    public var head = Duration.seconds(1)

    /// A plan for `topics`.
    public init(topics: [Admin.NewTopic], creates: Bool) {
      self.topics = topics
      self.creates = creates
    }
  }

  /// What a try found.
  enum Finding: Equatable {
    /// It was just made.
    case made
    /// It is there, as somebody has made it.
    case present
    /// It isn't, and wasn't made: why.
    case missing(KafkaError?)
    /// It isn't, and brokers didn't make it: why.
    case refused(KafkaError)
  }

  /// `topics`.
  public let name = "topics"
  private let configuration: Configuration
  private let plan: Plan
  private let log: Logger
  private let time: any TimeSource
  private let stopping = StopSource()
  private let thread = Mutex<JoinHandle?>(nil)
  /// Which topics have been found or made.
  private let present = Mutex<Set<String>>([])
  private let count = Mutex<Int?>(nil)
  /// Which times they take, as far as brokers say.
  private let times = Mutex<[String: TopicTimes]>([:])

  /// Nothing happens before `start`.
  public init(_ configuration: Configuration, plan: Plan, log: Logger, time: any TimeSource = SystemTime()) {
    self.configuration = configuration
    self.plan = plan
    self.log = log
    self.time = time
  }

  /// Whether `topic` has been found or made; before that nobody should ask brokers for it.
  public func isPresent(_ topic: String) -> Bool { present.withLock { $0.contains(topic) } }

  /// How many brokers the cluster has, as the last try found; nil: none has answered yet.
  public var brokerCount: Int? { count.withLock { $0 } }

  /// Which times `topic` takes; nil: it isn't known.
  public func times(of topic: String) -> TopicTimes? { times.withLock { $0[topic] } }

  /// None: its loop may block in a call to brokers, and nobody depends on it.
  public var heartbeats: [Heartbeat] { [] }

  /// Starts the tries, and waits for the first one, `Plan.head` at most.
  ///
  /// - Throws: where a property is refused, a file of TLS can't be read, or no thread or descriptor is left.
  public func start() throws {
    let admin = AdminBox(try Admin(configuration, log: log))
    let wakeup = try Wakeup()
    let tried = try Wakeup()
    stopping.token.onStop(ring: wakeup)
    let handle = try startThread(name: "topics") { [self] in
      admin.use { admin in keep(admin, wakeup: wakeup, tried: tried) }
    }
    thread.withLock { $0 = handle }
    _ = time.wait(for: tried, until: time.monotonic + plan.head)
  }

  /// Ends the tries; one that waits for a silent broker is left behind at `deadline`. Returns 0.
  public func stop(by deadline: MonotonicTime) -> Int {
    stopping.stop()
    _ = thread.withLock { $0 }?.join(until: deadline)
    return 0
  }

  private func keep(_ admin: borrowing Admin, wakeup: Wakeup, tried: Wakeup) {
    var missing = plan.topics
    var found: [Admin.NewTopic] = []
    var said = Set<String>()
    let trouble = RateLimit(1, per: .seconds(60), time: time)
    while true {
      var pause = plan.interval
      do throws(KafkaError) {
        missing = try remaining(missing, admin, &found, &said)
      } catch {
        pause = min(pause, plan.pauseWithoutBrokers)
        log.limited(
          trouble, .warning, "can't ask brokers for topics yet; trying again", ["reason": .string("\(error)")])
      }
      tried.ring()
      if !stopping.token.isStopped { look(at: found) }
      found = []
      if missing.isEmpty || stopping.token.isStopped { return }
      _ = time.wait(for: wakeup, until: time.monotonic + pause)
      if stopping.token.isStopped { return }
    }
  }

  /// One try: which topics are still missing after it.
  private func remaining(
    _ topics: [Admin.NewTopic], _ admin: borrowing Admin, _ found: inout [Admin.NewTopic], _ said: inout Set<String>
  ) throws(KafkaError) -> [Admin.NewTopic] {
    var missing: [Admin.NewTopic] = []
    for var topic in topics {
      let cluster = try admin.describe(topic: topic.name, within: .seconds(2))
      let brokers = max(1, cluster.brokers.count)
      count.withLock { $0 = brokers }
      topic.replication = topic.replication ?? min(3, brokers)
      switch try find(topic, in: cluster, admin) {
      case .made: present.withLock { _ = $0.insert(topic.name) }
      case .present:
        // Where a later topic can't be asked for, this one is found again.
        if present.withLock({ $0.insert(topic.name).inserted }) { found.append(topic) }
      case .missing(let error):
        missing.append(topic)
        if said.insert(topic.name).inserted { say(topic, error, .describe(topic: topic.name), brokers: brokers) }
      case .refused(let error):
        missing.append(topic)
        if said.insert(topic.name).inserted { say(topic, error, .create(topic: topic.name), brokers: brokers) }
      }
    }
    return missing
  }

  private func find(
    _ topic: Admin.NewTopic, in cluster: Admin.Cluster, _ admin: borrowing Admin
  ) throws(KafkaError) -> Finding {
    guard let known = cluster.topics.first(where: { $0.name == topic.name }) else { return .missing(nil) }
    guard let error = known.error else { return .present }
    guard error.code.isUnknownTopic else { return .missing(error) }
    if !plan.creates { return .missing(nil) }
    guard let refusal = try admin.create([topic], within: .seconds(5)).first ?? nil else {
      log.notice(
        "topic created", ["topic": .string(topic.name), "partitions": .int(topic.partitions)])
      return .made
    }
    return refusal.code == .topicAlreadyExists ? .present : .refused(refusal)
  }

  /// Looks at how topics are kept that somebody else may have made.
  ///
  /// A client of its own asks: see `Admin.configurations`.
  private func look(at topics: [Admin.NewTopic]) {
    if topics.isEmpty { return }
    do throws(KafkaError) {
      let found = try Admin.ask(configuration, log: log) { admin throws(KafkaError) in
        try admin.configurations(of: topics.map(\.name), within: .seconds(2))
      }
      for topic in topics {
        guard let kept = found[topic.name] else { continue }
        check(topic, kept)
        lookAtTimes(of: topic, kept)
      }
    } catch {
      // Who may not ask, or asks brokers that can't tell, relies on whoever made the topics.
      log.debug("brokers don't say how topics are kept", ["reason": .string("\(error)")])
    }
  }

  /// Says what is wrong with how a topic is kept. One that is asked for before statusd has made it is made by brokers,
  /// with their defaults.
  private func check(_ topic: Admin.NewTopic, _ found: [String: String]) {
    guard let wanted = topic.cleanup, let kept = Cleanup(found), let problem = kept.problem(wanted: wanted) else {
      return
    }
    log.warning(
      problem.words,
      [
        "topic": .string(topic.name), "cleanup.policy": .string(kept.policy),
        "command": .string(wanted.command(topic: topic.name, brokers: configuration.brokers)),
      ])
  }

  /// Says, once, what a topic weakens that keeps its producers' times where it should have the broker's.
  private func lookAtTimes(of topic: Admin.NewTopic, _ found: [String: String]) {
    if !topic.configuration.contains(where: { $0 == ("message.timestamp.type", "LogAppendTime") }) { return }
    let known = TopicTimes(found)
    times.withLock { $0[topic.name] = known }
    guard known.isCreateTime else { return }
    log.warning(
      "the topic keeps its producers' times instead of the brokers': retention, the order of things and who counts as silent depend on every producer's clock, and brokers may refuse the records of one that is wrong; an administrator can change it by this command",
      [
        "topic": .string(topic.name),
        "command": .string(
          "kafka-configs.sh --bootstrap-server \(configuration.brokers) --alter --entity-type topics --entity-name "
            + "\(topic.name) --add-config message.timestamp.type=LogAppendTime"),
      ])
  }

  private func say(_ topic: Admin.NewTopic, _ error: KafkaError?, _ purpose: MissingRight.Purpose, brokers: Int) {
    if let error, let missing = MissingRight(error.code, for: purpose, configuration) {
      var facts: LogMetadata = ["topic": .string(topic.name)]
      facts.facts += missing.facts.facts
      return log.error(
        "statusd may not look at the topic, or create it; an administrator can grant the right by this command", facts)
    }
    if let wanted = topic.replication, wanted > brokers { return sayTooFewBrokers(topic, wanted, brokers) }
    var facts: LogMetadata = [
      "topic": .string(topic.name), "command": .string(topic.command(brokers: configuration.brokers)),
    ]
    if let error { facts.append("reason", .string("\(error)")) }
    log.error("topic is missing; an administrator can create it by this command", facts)
  }

  /// What is wanted would be refused whoever asks for it: the command is one that brokers can follow now.
  private func sayTooFewBrokers(_ topic: Admin.NewTopic, _ copies: Int, _ brokers: Int) {
    var possible = topic
    possible.replication = brokers
    log.error(
      "topic is missing, and can't have as many copies as [topics] replication says: the cluster has fewer brokers; start more of them, or set fewer copies, or create it by this command",
      [
        "topic": .string(topic.name), "copies": .int(copies), "brokers": .int(brokers),
        "command": .string(possible.command(brokers: configuration.brokers)),
      ])
  }
}

extension Admin.NewTopic {
  /// The command of Kafka's own tools that makes this topic.
  public func command(brokers: String) -> String {
    var words = ["kafka-topics.sh --bootstrap-server", brokers, "--create --topic", name, "--partitions \(partitions)"]
    if let replication { words.append("--replication-factor \(replication)") }
    words += configuration.map { "--config \($0.name)=\($0.value)" }
    return words.joined(separator: " ")
  }
}

/// Hands an admin client over to the thread that uses it.
private final class AdminBox: @unchecked Sendable {
  private var admin: Admin?

  init(_ admin: consuming Admin) { self.admin = consume admin }

  /// Called once, on that thread.
  func use(_ body: (borrowing Admin) -> Void) {
    guard let admin = admin.take() else { return }
    body(admin)
    admin.close(by: SystemTime().monotonic + .seconds(1))
  }
}
