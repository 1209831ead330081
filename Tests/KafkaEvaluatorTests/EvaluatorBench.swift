import Kafka
import Platform
import Rules
import Settings
import TestSupport

@testable import Evaluator
@testable import KafkaEvaluator

private struct NotSaid: Error {
  var lines: [[String]]
}

/// An evaluator service with its own topics and group.
struct EvaluatorBench {
  let cluster: TestCluster
  var settings: Settings
  let arrived: Wakeup
  let log: CapturedLog

  /// - Parameter alerts: configuration of the alerts topic.
  init(
    _ cluster: TestCluster, partitions: Int = 1, _ rules: [Rule] = [.cpuHigh],
    alerts: [(name: String, value: String)] = []
  ) throws {
    self.cluster = cluster
    arrived = try Wakeup()
    log = CapturedLog(arrived: arrived)
    settings = Settings(brokers: cluster.brokers)
    settings.topics.status = try cluster.createTopic(partitions: partitions)
    settings.topics.readings = try cluster.createTopic()
    settings.topics.alerts = try cluster.createTopic(configuration: alerts)
    settings.topics.alertsCurrent = try cluster.createTopic(configuration: [("cleanup.policy", "compact")])
    settings.topics.changelog = try cluster.createTopic(
      partitions: partitions, configuration: [("cleanup.policy", "compact")])
    // The mock cluster's transactions don't behave like real ones.
    if cluster.mock != nil { settings.evaluator.delivery = .atLeastOnce }
    settings.evaluator.group = uniqueName("group")
    // Tests may write before the service starts, and the mock can't look up offsets by time.
    settings.evaluator.start = .beginning
    settings.rules = rules
  }

  func start(log output: CapturedLog? = nil, instance: String = "one") throws -> EvaluatorService {
    var settings = settings
    settings.run.instance = instance
    let service = try EvaluatorService(
      settings: settings, configuration: Configuration(brokers: cluster.brokers),
      log: Logger(level: .debug, output: output ?? log))
    try service.start()
    return service
  }

  /// A worker's log on these topics and this group.
  func kafkaLog(
    _ delivery: KafkaLog.Mode, time: any TimeSource = SystemTime(), properties: [(name: String, value: String)] = []
  ) throws -> KafkaLog {
    var configuration = Configuration(brokers: cluster.brokers)
    configuration.properties += properties
    let topics = settings.topics
    let names = KafkaLog.Names(
      sources: [topics.status], alerts: topics.alerts, alertsCurrent: topics.alertsCurrent,
      changelog: topics.changelog, mayCreate: false,
      member: MemberName(group: settings.evaluator.group, instance: "one", worker: 0))
    return try KafkaLog(
      configuration, names: names, delivery: delivery, strangers: KafkaLog.makeStrangersLimit(time),
      logger: Logger(output: CapturedLog()), wakeup: Wakeup(), time: time)
  }

  /// Waits until the log has this sentence.
  func wait(for message: String) throws {
    try wait { log.messages.contains(message) }
  }

  /// Waits until `isTrue` returns true. Checks it at each line of the logs, which all ring `arrived`.
  func wait(logs: [CapturedLog] = [], until isTrue: () -> Bool) throws {
    let deadline = SystemTime().monotonic + .seconds(60)
    while !isTrue() {
      if SystemTime().monotonic >= deadline { throw NotSaid(lines: ([log] + logs).map(\.messages)) }
      arrived.wait(until: deadline)
    }
  }

  func alerts() throws -> TopicReader { try TopicReader(settings.topics.alerts, on: cluster.brokers) }

  func writer() throws -> TopicWriter { try TopicWriter(on: cluster.brokers) }

  /// Writes one sample and waits until it is delivered.
  func write(_ cpu: Double, host: String = "web-1", partition: Int32? = nil, with writer: TopicWriter) throws {
    try writer.write(
      #"{"timestamp":"\#(SystemTime().wall.rfc3339)","host":"\#(host)","cpu_usage":\#(cpu)}"#, key: host,
      to: settings.topics.status, partition: partition)
    try writer.flush()
  }

  /// The positions that the group has committed.
  func committed(partitions: Int32 = 1) throws -> [Int64] {
    let consumer = try Consumer(
      Configuration(brokers: cluster.brokers), options: .init(group: settings.evaluator.group),
      log: Logger(output: CapturedLog()), wakeup: Wakeup())
    let asked = (0..<partitions).map { TopicPartition(settings.topics.status, $0) }
    return try consumer.committed(asked, within: .seconds(30)).map(\.offset.rawValue)
  }
}

extension Service {
  /// Stops it with ample time. Returns the number of undelivered records.
  func stop() -> Int { stop(by: SystemTime().monotonic + .seconds(10)) }
}

extension Rule {
  /// `cpu_usage` above 90.
  static var cpuHigh: Rule {
    Rule(name: "cpu-high", metric: "cpu_usage", side: .above, limits: Rule.Limits(critical: 90))
  }
}
