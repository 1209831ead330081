import Evaluator
import Forwarding
import Kafka
import KafkaEvaluator
import Metrics
import Platform
import Programs
import Settings
import Topics
import Ways

/// The parts of `statusd-forward run`: the keeper of its topics, the forwarder, what sends its own metrics, and the reload.
final class Daemon {
  private let log: Logger
  private let path: String
  private var settings: Settings
  private let machineNames: Set<String>
  private let topics: TopicKeeper
  private let forwarder: ForwardService
  private let metrics: PeriodicSender
  private let prometheus: MetricsService?
  private let shared: ReceiverWay.Shared
  private let stop = StopSource()

  /// - Parameters:
  ///   - machineNames: the keys whose value is the machine's name, because the configuration sets none.
  ///   - path: the path of the configuration, to read it again.
  /// - Throws: if a receiver can't be told, or no descriptor is left.
  init(_ settings: Settings, _ machineNames: Set<String>, path: String, _ log: Logger) throws {
    self.log = log
    self.path = path
    self.settings = settings
    self.machineNames = machineNames
    shared = try ReceiverWay.Shared(stop: stop.token, log: log)
    let configuration = settings.kafkaConfiguration
    let policies = [Settings.Topics.Needed.alerts, .alertsCurrent, .forward, .undelivered, .readings].map {
      settings.topics.policy(of: $0)
    }
    let topics = TopicKeeper(configuration, plan: .init(topics: policies, creates: settings.topics.create), log: log)
    let forwarder = try ForwardService(
      ForwardService.Plan(
        alerts: settings.topics.alerts, current: settings.topics.alertsCurrent, state: settings.topics.forward,
        undelivered: settings.topics.undelivered, group: settings.forward.group, instance: settings.run.instance),
      try Self.receivers(settings, shared), configuration: configuration, log: log)
    let metrics = PeriodicSender(
      .init(configuration, topic: settings.topics.readings), log: log, topicIsReady: { topics.isPresent($0) },
      records: { forwarder.records.map { .init(key: $0.subject, value: $0.value) } })
    prometheus = settings.metrics.address.map { host, port in
      MetricsService(
        .init(
          configuration, host: host, port: port, readings: settings.topics.readings,
          alerts: settings.topics.alertsCurrent),
        log: log,
        isHealthy: {
          let now = SystemTime().monotonic
          return (forwarder.heartbeats + metrics.heartbeats).allSatisfy { $0.isFresh(at: now) }
        },
        isReady: { forwarder.isReady })
    }
    (self.topics, self.forwarder, self.metrics) = (topics, forwarder, metrics)
    if settings.receivers.isEmpty {
      log.warning("there is no [[receiver]] in the configuration: nobody is told of alerts", ["file": .string(path)])
    }
  }

  private static func receivers(
    _ settings: Settings, _ shared: ReceiverWay.Shared
  ) throws -> [ReceiverOrder] {
    try settings.receivers.map { .init($0.definition, try ReceiverWay($0, shared)) }
  }

  /// Runs until a signal ends it.
  func run(signals: Signals) throws -> Supervision.Ending {
    let supervisor = try Supervisor(signals: signals, notifier: SystemdNotifier(), log: log)
    let services: [(any Service)?] = [topics, metrics, prometheus, Ending(forwarder, stop)]
    return try supervisor.run(services.compactMap { $0 }, status: { status }, reload: { reload() })
  }

  /// The line that `systemctl status` shows.
  private var status: String {
    let numbers = forwarder.numbers
    var parts = [
      counted(settings.receivers.count, "receiver"), "\(counted(numbers.transitions, "transition")) told",
    ]
    if numbers.waiting > 0 { parts.append("\(numbers.waiting) waiting") }
    return parts.joined(separator: ", ")
  }

  /// Applies the new receivers and log level if the whole configuration is valid; otherwise nothing changes.
  private func reload() {
    guard let loaded = ConfigurationFile.load(path, surroundings: .forwarder, log), let new = loaded.settings else {
      return refuse("it has mistakes")
    }
    do {
      let receivers = try Self.receivers(new, shared)
      // A name that the machine got meanwhile is no change of the file.
      let named = machineNames.intersection(loaded.machineNames)
      let waiting = settings.changesThatNeedRestart(to: new, of: .forwarder).filter { !named.contains($0) }
      if !waiting.isEmpty {
        log.warning("some changes take effect only after a restart", ["keys": .string(waiting.joined(separator: ", "))])
      }
      log.level = new.log.level
      forwarder.reload(receivers)
      settings.log = new.log
      settings.receivers = new.receivers
      log.notice("reloaded", ["receivers": .int(new.receivers.count)])
    } catch {
      refuse("\(error)")
    }
  }

  private func refuse(_ reason: String) {
    log.error(
      "the new configuration is refused; the old one stays in effect",
      ["file": .string(path), "reason": .string(reason)])
  }
}

/// A forwarder that gives attempts on their way a second to end once it is stopped: an attempt that is cut off may have
/// reached its receiver, who is then told again.
private struct Ending: Service {
  private static let grace = Duration.seconds(1)

  private let service: any Service
  private let source: StopSource

  init(_ service: any Service, _ source: StopSource) {
    self.service = service
    self.source = source
  }

  var name: String { service.name }
  var heartbeats: [Heartbeat] { service.heartbeats }
  var hasFailed: Bool { service.hasFailed }
  func start() throws { try service.start() }
  func onFailure(ring wakeup: Wakeup) { service.onFailure(ring: wakeup) }
  func leaveForGood() { service.leaveForGood() }

  func stop(by deadline: MonotonicTime) -> Int {
    guard let wakeup = try? Wakeup() else {
      source.stop()
      return service.stop(by: deadline)
    }
    let end = SystemTime().monotonic + Self.grace
    let cutter = try? startThread(name: "cutter") { [source] in
      wakeup.wait(until: end)
      source.stop()
    }
    if cutter == nil { source.stop() }
    defer {
      wakeup.ring()
      cutter?.join()
    }
    return service.stop(by: deadline)
  }
}
