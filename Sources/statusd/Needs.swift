import Evaluator
import Kafka
import KafkaEvaluator
import Platform
import Settings
import Topics

/// What `statusd run` needs of the machine with a configuration, and whether that is there.
struct Needs {
  /// At most, all of it.
  let all: ClientNeeds
  /// How many brokers that is reckoned for.
  let brokers: Int
  private let workers: Int

  /// What the system allows.
  struct Limits: Sendable {
    /// How many files may be open; nil: any number.
    var openFiles: @Sendable () -> Int? = ProcessLimits.raiseOpenFiles
    /// How many threads, as many as are asked for at most, can be started.
    var roomForThreads: @Sendable (Int) -> Int = ProcessLimits.roomForThreads
  }

  /// What isn't there.
  enum Shortage: Equatable {
    case threads(possible: Int)
    case files(limit: Int)
  }

  /// - Parameter brokers: how many the cluster has; nil: nobody has asked it yet.
  init(_ settings: Settings, brokers: Int? = nil) {
    let configuration = settings.kafkaConfiguration
    let brokers = brokers ?? configuration.assumedBrokers
    self.brokers = brokers
    workers = settings.run.role.evaluates ? settings.evaluator.workers : 0
    let client = configuration.needs(brokers: brokers)
    // The keeper of topics, the agent, an agent's failed producer that is ending; their threads, and those that end them
    // all. The standard ones, signals, the files of /proc, and what a resolver opens.
    let others = 3 * client + ClientNeeds(threads: 6, descriptors: 32)
    all = workers * EvaluatorService.needsOfWorker(client) + others
  }

  /// What there isn't enough of here; nil: nothing. Asks the system, and allows itself as many files as it may.
  func shortage(_ limits: Limits = Limits()) -> Shortage? {
    if let limit = limits.openFiles(), limit < all.descriptors { return .files(limit: limit) }
    let possible = limits.roomForThreads(all.threads)
    return possible < all.threads ? .threads(possible: possible) : nil
  }

  /// In words: what is needed, and for what.
  var text: String {
    let parts = workers > 0 ? "[evaluator] workers = \(workers) and \(brokers) brokers" : "\(brokers) brokers"
    return "up to \(all.threads) threads and \(all.descriptors) open files, for \(parts)"
  }

  /// What is missing and what helps, as facts of a log line.
  func facts(of shortage: Shortage) -> LogMetadata {
    var facts: LogMetadata = ["needed": .string(text)]
    switch shortage {
    case .files(let limit):
      facts.append("open_files_limit", .int(limit))
      facts.append("remedy", .string("raise LimitNOFILE= of the unit, or ulimit -n" + fewerWorkers))
    case .threads(let possible):
      facts.append("possible_threads", .int(possible))
      if let limit = ProcessLimits.userThreads { facts.append("user_limit", .int(limit)) }
      if let limit = ProcessLimits.groupThreads() { facts.append("control_group_limit", .int(limit)) }
      facts.append("remedy", .string("raise TasksMax= of the unit, ulimit -u, or the container's limit" + fewerWorkers))
    }
    return facts
  }

  /// The same for `check`, as a sentence.
  func advice(on shortage: Shortage) -> String {
    switch shortage {
    case .files(let limit):
      "it needs \(text); here \(limit) files may be open: raise LimitNOFILE= of the unit, or ulimit -n" + fewerWorkers
    case .threads(let possible):
      "it needs \(text); here \(possible) threads can be started: raise TasksMax= of the unit, ulimit -u, or the container's limit"
        + fewerWorkers
    }
  }

  private var fewerWorkers: String { workers > 1 ? "; or set fewer workers" : "" }
}

/// There isn't enough of what `needs` says.
struct NoRoom: Error {
  let needs: Needs
  let shortage: Needs.Shortage
}

/// A service with many clients, for which there is asked for room again where the cluster is larger than was reckoned
/// with: it starts behind the first question to brokers.
struct RoomFirst: Service {
  private let service: any Service
  private let settings: Settings
  private let brokerCount: @Sendable () -> Int?
  private let limits: Needs.Limits

  /// - Parameter brokerCount: how many brokers there are; nil: none has answered yet.
  init(
    _ service: any Service, _ settings: Settings, brokerCount: @escaping @Sendable () -> Int?,
    limits: Needs.Limits = Needs.Limits()
  ) {
    self.service = service
    self.settings = settings
    self.brokerCount = brokerCount
    self.limits = limits
  }

  var name: String { service.name }
  var heartbeats: [Heartbeat] { service.heartbeats }
  var hasFailed: Bool { service.hasFailed }
  func onFailure(ring wakeup: Wakeup) { service.onFailure(ring: wakeup) }
  func leaveForGood() { service.leaveForGood() }
  func stop(by deadline: MonotonicTime) -> Int { service.stop(by: deadline) }

  func start() throws {
    if let count = brokerCount(), count > Needs(settings).brokers {
      let needs = Needs(settings, brokers: count)
      if let shortage = needs.shortage(limits) { throw NoRoom(needs: needs, shortage: shortage) }
    }
    try service.start()
  }
}
