import Kafka
import Platform
import Synchronization

/// Makes sure that topics exist. It creates missing ones, or logs the command for an administrator, and retries until
/// all exist; then it ends. It also logs topics whose configuration doesn't fit their records.
///
/// Runs on a thread of its own, because its calls block. Unreachable brokers are no failure.
public final class TopicKeeper: Service {
  /// The topics, and what to do about missing ones.
  public struct Plan: Sendable {
    /// The topics. One without `replication` gets as many replicas as the cluster has brokers, at most 3.
    public var topics: [Admin.NewTopic]
    /// Whether missing topics are created here; otherwise the log shows the command for it.
    public var creates: Bool
    /// The pause between tries while a topic is missing.
    public var interval = Duration.seconds(5)
    /// The pause between tries while no broker answers; short, because other services wait for their topics.
    public var pauseWithoutBrokers = Duration.milliseconds(500)
    /// How long `start` waits for the first try, so that no other client's request comes first and makes a broker
    /// create the topic with its defaults.
    public var head = Duration.seconds(1)

    /// A plan for `topics`.
    public init(topics: [Admin.NewTopic], creates: Bool) {
      self.topics = topics
      self.creates = creates
    }
  }

  /// What a try found about a topic.
  enum Finding: Equatable {
    /// It was just created.
    case made
    /// It exists already.
    case present
    /// It doesn't exist, or that is unknown, and it wasn't created; the error, if there is one.
    case missing(KafkaError?)
    /// It doesn't exist, and brokers refused to create it.
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
  /// The topics that were found or created.
  private let present = Mutex<Set<String>>([])
  private let count = Mutex<Int?>(nil)
  /// The timestamps that topics accept, as far as known.
  private let times = Mutex<[String: TopicTimes]>([:])

  /// Creates the service; nothing happens before `start`.
  public init(_ configuration: Configuration, plan: Plan, log: Logger, time: any TimeSource = SystemTime()) {
    self.configuration = configuration
    self.plan = plan
    self.log = log
    self.time = time
  }

  /// Whether `topic` was found or created. Until then nobody should request it from brokers.
  public func isPresent(_ topic: String) -> Bool { present.withLock { $0.contains(topic) } }

  /// The number of brokers in the cluster, as of the last try; nil if no broker has answered yet.
  public var brokerCount: Int? { count.withLock { $0 } }

  /// The timestamps that `topic` accepts; nil if unknown.
  public func times(of topic: String) -> TopicTimes? { times.withLock { $0[topic] } }

  /// None: its loop may block in a call to brokers, and nothing depends on it.
  public var heartbeats: [Heartbeat] { [] }

  /// Starts the tries, and waits for the first one, at most `Plan.head`.
  ///
  /// - Throws: if a property is refused, a TLS file can't be read, or no thread or descriptor is left.
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

  /// Ends the tries. One that still waits for a broker at `deadline` is left running. Returns 0.
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

  /// Makes one try. Returns the topics that are still missing.
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
        // The topic is found again in the next try if a later one in this try fails.
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

  /// Checks the configuration of topics that somebody else may have created.
  ///
  /// Uses a client of its own; see `Admin.configurations` for the reason.
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
      // If the right is missing, or brokers can't tell, rely on whoever created the topics.
      log.debug("the configuration of topics can't be read", ["reason": .string("\(error)")])
    }
  }

  /// Logs a topic whose cleanup doesn't fit its records. Brokers create a topic with their defaults if it is requested
  /// before statusd has created it.
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

  /// Logs a topic that keeps its producers' timestamps although it should have the brokers'.
  private func lookAtTimes(of topic: Admin.NewTopic, _ found: [String: String]) {
    if !topic.configuration.contains(where: { $0 == ("message.timestamp.type", "LogAppendTime") }) { return }
    let known = TopicTimes(found)
    times.withLock { $0[topic.name] = known }
    guard known.isCreateTime else { return }
    log.warning(
      "the topic keeps its producers' timestamps instead of the brokers': retention, the order of events and the detection of silent hosts depend on every producer's clock, and brokers may refuse records from a producer whose clock is wrong; an administrator can change it with this command",
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
        "statusd lacks the right to describe or create the topic; an administrator can grant it with this command",
        facts)
    }
    if let wanted = topic.replication, wanted > brokers { return sayTooFewBrokers(topic, wanted, brokers) }
    var facts: LogMetadata = [
      "topic": .string(topic.name), "command": .string(topic.command(brokers: configuration.brokers)),
    ]
    if let error { facts.append("reason", .string("\(error)")) }
    log.error("topic is missing; an administrator can create it with this command", facts)
  }

  /// Brokers refuse this replication factor from anybody, so the command uses one that is possible now.
  private func sayTooFewBrokers(_ topic: Admin.NewTopic, _ copies: Int, _ brokers: Int) {
    var possible = topic
    possible.replication = brokers
    log.error(
      "topic is missing, and the cluster has fewer brokers than [topics] replication requires; start more brokers, or set fewer copies, or create it with this command",
      [
        "topic": .string(topic.name), "copies": .int(copies), "brokers": .int(brokers),
        "command": .string(possible.command(brokers: configuration.brokers)),
      ])
  }
}

extension Admin.NewTopic {
  /// The command of Kafka's own tools that creates this topic.
  public func command(brokers: String) -> String {
    var words = ["kafka-topics.sh --bootstrap-server", brokers, "--create --topic", name, "--partitions \(partitions)"]
    if let replication { words.append("--replication-factor \(replication)") }
    words += configuration.map { "--config \($0.name)=\($0.value)" }
    return words.joined(separator: " ")
  }
}

/// Passes an admin client to the thread that uses it.
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
