import Agent
import Console
import Evaluator
import JSON
import Kafka
import KafkaEvaluator
import Platform
import Records
import Rules
import Settings
import Streams

/// The services of `statusd run`, with a mock Kafka cluster in this process.
final class DemoStage {
  /// A new record in the topics.
  enum Arrival {
    /// A status record of this host.
    case sample(Sample)
    /// A transition, and the line that shows it.
    case transition(Transition, line: [UInt8])
    /// A reading of the demo's stream.
    case reading(Reading)
  }

  /// What the meter says of the demo's stream.
  struct Reading {
    var time: WallTime
    /// Records a second; nil before the first one.
    var rate: Double?
  }

  /// The fields of a status record that the demo shows; nil if the record lacks them.
  struct Sample {
    var time: WallTime
    var usage: Double?
    var user: Double?
    var system: Double?
    var memory: Double?
  }

  /// Rung when a record has arrived.
  let wakeup: Wakeup
  /// The addresses of the demo's cluster.
  var brokers: String { cluster.brokers }

  private static let stream = "monitor"

  private let cluster: MockCluster
  private var settings: Settings
  private let topics: Settings.Topics
  private let evaluator: EvaluatorService
  private var services: ServiceGroup
  private var producer: Producer
  /// Whether the program that the demo watches writes.
  var isWriting = false
  private var consumer: Consumer
  private var reader: RecordReader
  private let plan = FieldPlan(fields: ["cpu_usage", "cpu_user", "cpu_system", "memory_usage", "rate"])
  private let host: String
  private var lines: RecordLines

  /// Starts the cluster, the agent and the evaluator.
  ///
  /// - Throws: if /proc can't be read, or if ports, threads or descriptors are lacking.
  init(log: Logger, colours: Colours) throws {
    lines = RecordLines(colours: colours)
    cluster = try MockCluster()
    wakeup = try Wakeup()
    var settings = Settings(brokers: cluster.brokers)
    settings.topics.create = false
    // The mock cluster supports no more than this.
    settings.evaluator.delivery = .atLeastOnce
    // The mock cluster can't look up offsets by time.
    settings.evaluator.start = .beginning
    topics = settings.topics
    host = settings.agent.host
    settings.streams = [StreamDefinition(name: Self.stream, topics: [.name(settings.topics.monitor)])]
    for topic in topics.named { try cluster.createTopic(topic.name) }
    // The mock cluster answers a fetch only when it is full or this time has passed.
    let configuration = Configuration(brokers: cluster.brokers, properties: [("fetch.wait.max.ms", "20")])
    self.settings = settings
    evaluator = try EvaluatorService(settings: settings, configuration: configuration, log: log)
    let agent = AgentService(
      AgentService.Plan(agent: settings.agent, topic: topics.status, configuration: configuration), log: log)
    // The mock cluster gives records no times of its own, and runs on this machine's clock.
    let meter = try MeterService(settings: settings, configuration: configuration, brokersTellTime: false, log: log)
    producer = try Producer(configuration, log: log)
    var options = Consumer.Options()
    options.reset = .beginning
    consumer = try Consumer(configuration, options: options, log: log, wakeup: wakeup)
    try consumer.assign(
      [topics.status, topics.alerts, topics.readings].map { PartitionOffset(TopicPartition($0, 0), .beginning) })
    reader = RecordReader(plan: plan, maxFuture: .max)
    services = ServiceGroup(log: log, time: SystemTime())
    try services.start(evaluator)
    try services.start(agent)
    try services.start(meter)
  }

  /// Replaces the evaluator's rules by this one.
  func reload(_ rule: Rule) {
    settings.rules = [rule]
    evaluator.reload(settings)
  }

  /// Writes what the watched program writes in a second, if it does.
  func write() throws(KafkaError) {
    producer.serve { _ in }
    guard isWriting else { return }
    for _ in 0..<5 {
      let record = Array(#"{"timestamp": "2022-01-01 00:00:00", "message": "Hello, World!"}"#.utf8)
      let value = record.withUnsafeBytes { bytes in
        Result { () throws(KafkaError) in
          try producer.produce(topic: topics.monitor, key: nil, value: bytes)
        }
      }
      _ = try value.get()
    }
  }

  /// The records that have arrived, without waiting.
  func arrivals() -> [Arrival] {
    while consumer.nextEvent() != nil {}
    var arrivals: [Arrival] = []
    while take(consumer.fetch(), into: &arrivals) {}
    return arrivals
  }

  /// Ends all services, within about 3 s.
  ///
  /// What the watched program has written last isn't waited for.
  func close() { services.stop(by: SystemTime().monotonic + .seconds(3)) }

  private func take(_ batch: consuming Batch, into arrivals: inout [Arrival]) -> Bool {
    for index in batch.indices {
      let message = batch[index]
      guard message.kind == .record, let value = message.value else { continue }
      let topic = consumer.partition(at: message.partitionIndex)?.topic
      if topic == topics.readings {
        if let reading = reading(value, key: message.key, time: message.timestamp) {
          arrivals.append(.reading(reading))
        }
      } else if topic == topics.alerts {
        guard let transition = Transition.decode(value) else { continue }
        var line: [UInt8] = []
        lines.append(SeenRecord(key: message.key, value: value, kafkaTime: nil), to: &line)
        arrivals.append(.transition(transition, line: line))
      } else if let sample = sample(value, key: message.key, time: message.timestamp) {
        arrivals.append(.sample(sample))
      }
    }
    return !batch.isEmpty
  }

  /// The sample in a record; nil if it isn't one of this host.
  private func sample(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer?, time: Int64) -> Sample? {
    guard reader.read(value: value, key: key, kafkaTime: time, clock: time) == .record,
      host.utf8.elementsEqual(reader.subject)
    else { return nil }
    return Sample(
      time: WallTime(milliseconds: reader.time), usage: number("cpu_usage"), user: number("cpu_user"),
      system: number("cpu_system"), memory: number("memory_usage"))
  }

  /// What the meter says in a record; nil if it isn't about the demo's stream.
  private func reading(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer?, time: Int64) -> Reading? {
    guard reader.read(value: value, key: key, kafkaTime: time, clock: .max) == .record,
      Self.stream.utf8.elementsEqual(reader.subject)
    else { return nil }
    return Reading(time: WallTime(milliseconds: reader.time), rate: number("rate"))
  }

  private func number(_ name: String) -> Double? {
    guard let slot = plan.slot(of: name), case .number(let value) = reader.field(slot) else { return nil }
    return value
  }
}
