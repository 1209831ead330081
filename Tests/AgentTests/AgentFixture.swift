import Foundation
import Kafka
import Platform
import Settings
import TestSupport
import Testing

@testable import Agent

/// An agent on the mock cluster whose clock a test moves.
final class AgentFixture {
  let cluster: MockCluster
  let topic = "status_topic"
  let ownTopic = "statusd-readings"
  let host = "web-1"
  let time = ManualTime(monotonic: MonotonicTime(nanoseconds: 5_000_000_000_000))
  let captured = CapturedLog()
  private let asleep: Wakeup
  private var reader: TopicReader?
  private var ownReader: TopicReader?

  init(createsTopic: Bool = true) throws {
    cluster = try MockCluster()
    if createsTopic { try cluster.createTopic(topic) }
    try cluster.createTopic(ownTopic)
    asleep = try Wakeup()
    time.observeSleepers(asleep)
  }

  /// Makes librdkafka reconnect quickly; the rest is as in production.
  var plan: AgentService.Plan {
    var configuration = Configuration(brokers: cluster.brokers)
    configuration.properties = [("reconnect.backoff.max.ms", "100"), ("retry.backoff.ms", "20")]
    var plan = AgentService.Plan(agent: Settings.Agent(host: host), topic: topic, configuration: configuration)
    plan.ownTopic = ownTopic
    return plan
  }

  /// A plan with rare samples and nothing else: in the minutes between, the loop only takes the brokers' answers. So no
  /// batch is in flight behind a refused one. A real broker would refuse it, too, for its sequence number; the mock
  /// accepts it.
  var rarePlan: AgentService.Plan {
    var plan = plan
    plan.agent.interval = Self.longInterval
    plan.ownInterval = Self.longInterval * 100
    return plan
  }

  static var longInterval: Duration { .seconds(10_000_000) }

  func agent(
    _ plan: AgentService.Plan, topicIsReady: @escaping @Sendable (_ topic: String) -> Bool = { _ in true },
    topicTimes: @escaping @Sendable () -> TopicTimes? = { nil },
    ownNumbers: @escaping @Sendable () -> [(name: String, value: Double)] = { [] }
  ) -> AgentService {
    AgentService(
      plan, log: Logger(level: .debug, output: captured), time: time, topicIsReady: topicIsReady,
      topicTimes: topicTimes, ownNumbers: ownNumbers
    )
  }

  /// Lets the agent finish all work that is due, then advances its clock.
  func advance(by duration: Duration = .seconds(1), times: Int = 1) {
    for _ in 0..<times {
      settle()
      time.advance(by: duration)
    }
  }

  /// Advances the agent's clock by a minute, longer than any pause between two tries, each time the agent sleeps, until
  /// `isTrue` returns true. It must do so while records still wait for brokers, because later the agent sleeps longer.
  func advance(byMinutesUntil isTrue: () -> Bool) {
    var isMoving = settle()
    while isMoving, !isTrue() {
      time.advance(by: .seconds(60))
      isMoving = settle()
    }
  }

  /// Waits until the agent sleeps again. Returns false if it never does.
  @discardableResult
  func settle() -> Bool {
    let isAsleep = asleep.wait(until: SystemTime().monotonic + .seconds(20))
    #expect(isAsleep, "the agent never waits")
    return isAsleep
  }

  /// The next record of the topic.
  func nextRecord() throws -> Record {
    let reader = try self.reader ?? TopicReader(topic, on: cluster.brokers)
    self.reader = reader
    return try reader.next(within: 20)
  }

  /// The next record of statusd's own metrics.
  func nextOwnRecord() throws -> Record {
    let reader = try ownReader ?? TopicReader(ownTopic, on: cluster.brokers)
    ownReader = reader
    return try reader.next(within: 20)
  }

  /// The next record of the host itself.
  func nextSample() throws -> [String: Any] {
    while true {
      let record = try nextRecord()
      if record.key == host { return try record.object }
    }
  }

  /// Stops the agent within 10 s. Returns the number of records that no broker has acknowledged.
  func stop(_ agent: AgentService, within limit: Duration = .seconds(10)) -> Int {
    agent.stop(by: SystemTime().monotonic + limit)
  }

  /// The log lines with this message.
  func lines(_ message: String) -> [CapturedLog.Line] { captured.lines.filter { $0.message == message } }
}

extension [String: Any] {
  func number(_ name: String) -> Double? { (self[name] as? NSNumber)?.doubleValue }
}
