import Evaluator
import Kafka
import KafkaEvaluator
import Platform
import Settings
import Topics

/// The threads and open files that `statusd run` needs with a configuration, and whether the machine allows them.
struct Needs {
  /// The maximum of the whole process.
  let all: ClientNeeds
  /// The number of brokers that this was calculated for.
  let brokers: Int
  private let workers: Int

  /// The system's limits.
  struct Limits: Sendable {
    /// Returns how many files may be open; nil if unlimited.
    var openFiles: @Sendable () -> Int? = ProcessLimits.raiseOpenFiles
    /// Returns how many threads can be started, at most the number asked for.
    var roomForThreads: @Sendable (Int) -> Int = ProcessLimits.roomForThreads
  }

  /// A resource that isn't sufficient.
  enum Shortage: Equatable {
    case threads(possible: Int)
    case files(limit: Int)
  }

  /// - Parameter brokers: the cluster's number of brokers; nil if not known yet.
  init(_ settings: Settings, brokers: Int? = nil) {
    let configuration = settings.kafkaConfiguration
    let brokers = brokers ?? configuration.assumedBrokers
    self.brokers = brokers
    workers = settings.run.role.evaluates ? settings.evaluator.workers : 0
    let client = configuration.needs(brokers: brokers)
    // Clients: the keeper of topics, the agent, a failed producer of the agent that is ending. Threads: theirs, and
    // those that stop them. Descriptors: the standard ones, signals, the files of /proc, and those of a resolver.
    let others = 3 * client + ClientNeeds(threads: 6, descriptors: 32)
    let meters = settings.run.role.meters && settings.needsMeter ? settings.meter.workers : 0
    let lags = meters > 0 && settings.lag != nil ? 1 : 0
    all =
      workers * EvaluatorService.needsOfWorker(client) + meters * MeterService.needsOfWorker(client)
      + lags * MeterService.needsOfLag(client) + others
  }

  /// The resource that isn't sufficient; nil if all are. Tests the limits, and raises that of open files to its
  /// maximum.
  func shortage(_ limits: Limits = Limits()) -> Shortage? {
    if let limit = limits.openFiles(), limit < all.descriptors { return .files(limit: limit) }
    let possible = limits.roomForThreads(all.threads)
    return possible < all.threads ? .threads(possible: possible) : nil
  }

  /// The needs in words, and what they are for.
  var text: String {
    let parts = workers > 0 ? "[evaluator] workers = \(workers) and \(brokers) brokers" : "\(brokers) brokers"
    return "up to \(all.threads) threads and \(all.descriptors) open files, for \(parts)"
  }

  /// The shortage and its remedy, as facts of a log line.
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

  /// The shortage and its remedy as a sentence, for `check`.
  func advice(on shortage: Shortage) -> String {
    switch shortage {
    case .files(let limit):
      "it needs \(text); here it may open \(limit) files: raise LimitNOFILE= of the unit, or ulimit -n" + fewerWorkers
    case .threads(let possible):
      "it needs \(text); here it can start \(possible) threads: raise TasksMax= of the unit, ulimit -u, or the container's limit"
        + fewerWorkers
    }
  }

  private var fewerWorkers: String { workers > 1 ? "; or set fewer workers" : "" }
}

/// A resource in `needs` isn't sufficient.
struct NoRoom: Error {
  let needs: Needs
  let shortage: Needs.Shortage
}

/// A service with many clients. It starts after the first answer of brokers; if the cluster has more brokers than
/// assumed, the limits are checked again first.
struct RoomFirst: Service {
  private let service: any Service
  private let settings: Settings
  private let brokerCount: @Sendable () -> Int?
  private let limits: Needs.Limits

  /// - Parameter brokerCount: returns the number of brokers; nil if none has answered yet.
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
