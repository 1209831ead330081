import Agent
import Evaluator
import Kafka
import KafkaEvaluator
import Platform
import Programs
import Settings
import Topics

/// The parts of `statusd run`: the services of the role, the status line, and the reload.
final class Daemon {
  private let log: Logger
  private let path: String
  private let role: Settings.Role?
  private var settings: Settings
  /// The keys whose value is the machine's name, because the configuration sets none.
  private let machineNames: Set<String>
  private let topics: TopicKeeper
  private let agent: AgentService
  private let evaluator: EvaluatorService?
  private let meter: MeterService?

  /// - Parameters:
  ///   - machineNames: the keys whose value is the machine's name, because the configuration sets none.
  ///   - path: the path of the configuration, to read it again.
  ///   - role: from the command line; overrides the configuration, also at a reload.
  /// - Throws: if no file descriptor is left.
  init(settings: Settings, machineNames: Set<String>, path: String, role: Settings.Role?, log: Logger) throws {
    self.log = log
    self.path = path
    self.role = role
    self.settings = settings
    self.machineNames = machineNames
    let configuration = settings.kafkaConfiguration
    let topics = Self.keeper(settings, configuration, log)
    let evaluates = settings.run.role.evaluates
    let evaluator =
      evaluates
      ? try EvaluatorService(
        settings: settings, configuration: configuration, comesBack: settings.run.role.samples, log: log) : nil
    // Streams that come with a reload find their meter.
    let meter =
      settings.run.role.meters && (settings.run.role == .meter || settings.needsMeter)
      ? try MeterService(
        settings: settings, configuration: configuration,
        comesBack: settings.run.role.samples || evaluates, log: log) : nil
    var plan = AgentService.Plan(agent: settings.agent, topic: settings.topics.status, configuration: configuration)
    plan.samplesHost = settings.run.role.samples
    if machineNames.contains("agent.host") { plan.machineName = { Surroundings.machine.hostName } }
    plan.ownTopic = settings.topics.readings
    let statusTopic = settings.topics.status
    agent = AgentService(
      plan, log: log,
      topicIsReady: { topics.isPresent($0) },
      topicTimes: { topics.times(of: statusTopic) },
      ownNumbers: { (evaluator?.numbers.fields ?? []) + (meter?.numbers.fields ?? []) })
    self.topics = topics
    self.evaluator = evaluator
    self.meter = meter
  }

  private static func keeper(_ settings: Settings, _ configuration: Configuration, _ log: Logger) -> TopicKeeper {
    var needed: [Settings.Topics.Needed] = [.readings]
    if settings.run.role != .meter { needed += [.status] }
    if settings.run.role.evaluates { needed += [.alerts, .alertsCurrent, .changelog] }
    if settings.run.role.meters, settings.needsMeter { needed += [.streams] }
    let policies = needed.map { settings.topics.policy(of: $0) }
    return TopicKeeper(configuration, plan: .init(topics: policies, creates: settings.topics.create), log: log)
  }

  /// Runs until a signal ends it. The topics' keeper starts before the services that use topics; the agent, which sends
  /// the evaluator's metrics, ends after the evaluator.
  func run(signals: Signals) throws -> Supervision.Ending {
    let supervisor = try Supervisor(signals: signals, notifier: SystemdNotifier(), log: log)
    let evaluator: (any Service)? = evaluator.map { [topics] in
      RoomFirst($0, settings, brokerCount: { topics.brokerCount })
    }
    let meter: (any Service)? = meter.map { [topics] in
      RoomFirst($0, settings, brokerCount: { topics.brokerCount })
    }
    let services: [(any Service)?] = [topics, agent, evaluator, meter]
    return try supervisor.run(services.compactMap { $0 }, status: { status }, reload: { reload() })
  }

  /// The line that `systemctl status` shows.
  private var status: String {
    var parts: [String] = []
    let agent = agent.numbers
    if settings.run.role.samples {
      parts.append(counted(agent.samples, "sample") + (agent.samplesLost > 0 ? " (\(agent.samplesLost) lost)" : ""))
    }
    if let evaluator = evaluator?.numbers {
      parts.append(counted(evaluator.records, "record") + (evaluator.bad > 0 ? " (\(evaluator.bad) bad)" : ""))
      parts.append("lag \(evaluator.lag.map { String($0) } ?? "unknown")")
      parts.append("\(counted(evaluator.firing, "alert")) firing")
    }
    if let meter = meter?.numbers { parts.append("\(counted(meter.readings, "reading")) of streams") }
    if agent.recordsWaiting > 1 { parts.append("\(counted(agent.recordsWaiting, "record")) waiting for brokers") }
    return parts.joined(separator: ", ")
  }

  /// Applies the new rules and log level if the whole configuration is valid; otherwise nothing changes.
  private func reload() {
    guard let loaded = ConfigurationFile.load(path, log), var new = loaded.settings else {
      log.error("the new configuration is refused; the old one stays in effect", ["file": .string(path)])
      return
    }
    if let role { new.run.role = role }
    log.level = new.log.level
    // A name that the machine got meanwhile is no change of the file.
    let named = machineNames.intersection(loaded.machineNames)
    var waiting = settings.changesThatNeedRestart(to: new).filter { !named.contains($0) }
    // Without streams and groups there is no meter that could take them.
    if meter == nil, settings.run.role.meters {
      if settings.streams != new.streams { waiting.append("stream") }
      if settings.lag != new.lag { waiting.append("lag") }
    }
    if !waiting.isEmpty {
      log.warning("some changes take effect only after a restart", ["keys": .string(waiting.joined(separator: ", "))])
    }
    // Other topics need a restart.
    var known = new
    known.topics = settings.topics
    if settings.sources != known.sources { evaluator?.reload(known) }
    if settings.streams != new.streams || settings.lag != new.lag { meter?.reload(new) }
    settings.log = new.log
    settings.rules = new.rules
    settings.streams = new.streams
    settings.lag = new.lag
    evaluator?.reload(maxSubjects: new.evaluator.maxSubjects)
    settings.evaluator.maxSubjects = new.evaluator.maxSubjects
    settings.evaluator.maxSamples = new.evaluator.maxSamples
    settings.evaluator.forgetAfter = new.evaluator.forgetAfter
    log.notice("reloaded", ["rules": .int(new.rules.count)])
  }
}
