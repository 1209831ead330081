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

  /// What makes librdkafka quick to come back, and the rest as in production.
  var plan: AgentService.Plan {
    var configuration = Configuration(brokers: cluster.brokers)
    configuration.properties = [("reconnect.backoff.max.ms", "100"), ("retry.backoff.ms", "20")]
    var plan = AgentService.Plan(agent: Settings.Agent(host: host), topic: topic, configuration: configuration)
    plan.ownTopic = ownTopic
    return plan
  }

  /// Hardly any samples, and nothing else: in the minutes between, the loop only takes what brokers have answered. So
  /// nothing is on its way behind a batch that is refused: a real broker refuses that, too, by its number; the mock one
  /// takes it.
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
    ownNumbers: @escaping @Sendable () -> [(String, Double)] = { [] }
  ) -> AgentService {
    AgentService(
      plan, log: Logger(level: .debug, output: captured), time: time, topicIsReady: topicIsReady,
      topicTimes: topicTimes, ownNumbers: ownNumbers
    )
  }

  /// Lets the agent do all that is due, and then moves its clock on.
  func advance(by duration: Duration = .seconds(1), times: Int = 1) {
    for _ in 0..<times {
      settle()
      time.advance(by: duration)
    }
  }

  /// Moves the agent's clock on by a minute, which is longer than any pause between two tries, each time that it sleeps,
  /// until this is true: at the latest when nothing waits for brokers any more.
  func advance(byMinutesUntil isTrue: () -> Bool) {
    var isMoving = settle()
    while isMoving, !isTrue() {
      time.advance(by: .seconds(60))
      isMoving = settle()
    }
  }

  /// Waits until the agent sleeps again; false: it never does.
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

  /// The next record of the program's own numbers.
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

  /// Ends the agent, giving it 10 s for what it still has: the count of records that no broker has.
  func stop(_ agent: AgentService, within limit: Duration = .seconds(10)) -> Int {
    agent.stop(by: SystemTime().monotonic + limit)
  }

  /// What was said under this sentence.
  func lines(_ message: String) -> [CapturedLog.Line] { captured.lines.filter { $0.message == message } }
}

extension [String: Any] {
  func number(_ name: String) -> Double? { (self[name] as? NSNumber)?.doubleValue }
}
