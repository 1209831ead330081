import Kafka
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Agent

@Suite("An agent delivers", .timeLimit(.minutes(2)), .waits)
struct DeliveryTests {
  @Test("if brokers are away at the start, it samples on, and all records arrive in order once brokers are back")
  func awayAtStart() throws {
    let fixture = try AgentFixture()
    fixture.cluster.stopBroker(1)
    let agent = fixture.agent(fixture.plan)
    try agent.start()
    fixture.advance(times: 8)
    fixture.settle()
    #expect(agent.numbers.recordsWaiting == 8)
    fixture.cluster.startBroker(1)
    try expectConsecutive(8, fixture)
    #expect(fixture.stop(agent) == 0)
  }

  @Test("no record is lost if a broker goes away and comes back")
  func awayMidRun() throws {
    let fixture = try AgentFixture()
    let agent = fixture.agent(fixture.plan)
    try agent.start()
    fixture.advance(times: 3)
    try expectConsecutive(3, fixture)
    fixture.cluster.stopBroker(1)
    fixture.advance(times: 5)
    fixture.settle()
    fixture.cluster.startBroker(1)
    fixture.time.advance(by: .seconds(1))
    fixture.settle()
    try expectConsecutive(6, fixture, from: 4)
    #expect(fixture.stop(agent) == 0)
    #expect(agent.numbers.recordsDelivered == 9)
  }

  @Test("if the buffer is full, samples are lost, counted, and logged with the time and sequence range of the gap")
  func bufferFull() throws {
    let fixture = try AgentFixture()
    fixture.cluster.stopBroker(1)
    var plan = fixture.plan
    plan.agent.buffer = 8192
    let agent = fixture.agent(plan)
    try agent.start()
    fixture.advance(times: 30)
    fixture.settle()
    let lost = agent.numbers.samplesLost
    let kept = agent.numbers.recordsWaiting
    #expect(lost > 5)
    #expect(fixture.lines("the buffer is full because no broker accepts records; samples are being lost").count == 1)
    fixture.cluster.startBroker(1)
    // Until there is room again, every further sample is lost as well.
    while agent.numbers.recordsDelivered < kept {
      fixture.time.advance(by: .seconds(1))
      fixture.settle()
    }
    fixture.time.advance(by: .seconds(1))
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    var before: [String: Any] = [:]
    var after = try fixture.nextSample()
    func sequence(_ record: [String: Any]) throws -> Int64 { Int64(try #require(record.number("sequence"))) }
    repeat {
      before = after
      after = try fixture.nextSample()
    } while try sequence(after) == sequence(before) + 1
    let line = try #require(fixture.lines("samples were lost").first)
    let gap = try sequence(before) + 1...sequence(after) - 1
    let expected = [gap.lowerBound, gap.upperBound, Int64(gap.count)].map { LogMetadata.Value.int(Int($0)) }
    #expect(["first_sequence", "last_sequence", "count"].map { line.metadata[$0] } == expected)
    #expect(agent.numbers.samplesLost == gap.count)
  }

  @Test("a producer with a fatal error is replaced, and its undelivered records are sent again in order")
  func fatal() throws {
    let fixture = try AgentFixture()
    let agent = fixture.agent(fixture.rarePlan)
    try agent.start()
    fixture.advance(by: AgentFixture.longInterval, times: 3)
    try expectConsecutive(3, fixture)
    fixture.cluster.fail(.produce, with: [KafkaError.Code(rawValue: 45)])
    fixture.advance(by: AgentFixture.longInterval)
    fixture.advance(byMinutesUntil: { agent.numbers.producersRenewed == 1 })
    fixture.time.advance(by: AgentFixture.longInterval)
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    try expectConsecutive(2, fixture, from: 4)
    #expect(fixture.lines("the producer failed; a new one resends the unacknowledged records").count == 1)
  }

  @Test("records that brokers refuse temporarily are sent again, in order")
  func refused() throws {
    let fixture = try AgentFixture()
    let agent = fixture.agent(fixture.rarePlan)
    try agent.start()
    fixture.advance(by: AgentFixture.longInterval, times: 2)
    try expectConsecutive(2, fixture)
    fixture.cluster.fail(.produce, with: [.topicAuthorizationFailed, .topicAuthorizationFailed])
    fixture.advance(by: AgentFixture.longInterval)
    fixture.advance(byMinutesUntil: { agent.numbers.recordsDelivered == 3 })
    fixture.time.advance(by: AgentFixture.longInterval)
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    try expectConsecutive(2, fixture, from: 3)
  }

  @Test(
    "a record that brokers refuse is dropped, counted and logged; all others are delivered in order",
    arguments: [KafkaError.Code.invalidTimestamp, .messageTooLarge, .invalidRecord])
  func setAside(_ code: KafkaError.Code) throws {
    let fixture = try AgentFixture()
    fixture.cluster.stopBroker(1)
    let times = TopicTimes(["message.timestamp.type": "CreateTime", "message.timestamp.after.max.ms": "3600000"])
    let agent = fixture.agent(fixture.rarePlan, topicTimes: { times })
    try agent.start()
    fixture.advance(by: AgentFixture.longInterval, times: 5)
    fixture.settle()
    // Refuses first the batch of all five, then the third record in its own batch.
    let fine = KafkaError.Code(rawValue: 0)
    fixture.cluster.fail(.produce, with: [code, fine, fine, code])
    fixture.cluster.startBroker(1)
    fixture.time.advance(by: .seconds(60))
    fixture.advance(byMinutesUntil: { agent.numbers.recordsWaiting == 0 })
    #expect(agent.numbers.recordsDelivered == 4)
    #expect(agent.numbers.recordsRefused == 1)
    let sequences = try (0..<4).map { _ in try #require(try fixture.nextSample().number("sequence")) }
    #expect(sequences == [1, 2, 4, 5].map { Double(5_000_000 + $0) })
    let line = try #require(fixture.captured.lines.first { $0.level == .error && $0.message.contains("dropped") })
    #expect(line.metadata["set_aside"] == .int(1))
    if code == .invalidTimestamp {
      #expect(line.metadata["clock"] == .string("more than 1h ahead of the broker's"))
    }
    // The dropped record wasn't delivered, so `stop` counts it.
    #expect(fixture.stop(agent) == 1)
  }

  @Test(
    "during the stop, a producer without the right to write is replaced at growing pauses; the right is logged once")
  func endWithoutRight() throws {
    let fixture = try AgentFixture()
    let agent = fixture.agent(fixture.rarePlan)
    try agent.start()
    fixture.advance(by: AgentFixture.longInterval, times: 2)
    try expectConsecutive(2, fixture)
    fixture.cluster.fail(.produce, with: Array(repeating: .topicAuthorizationFailed, count: 1000))
    fixture.advance(by: AgentFixture.longInterval)
    fixture.settle()
    #expect(fixture.stop(agent, within: .seconds(3)) > 0)
    #expect(agent.numbers.producersRenewed <= 5)
    #expect(fixture.captured.lines.count { $0.level >= .warning } <= 3)
    let named = fixture.captured.lines.compactMap { $0.metadata["right"] }
    #expect(named == [.string("Write on topic status_topic")])
  }

  @Test("records share batches again a minute after the last refusal")
  func ordinaryAgain() throws {
    let fixture = try AgentFixture()
    let agent = fixture.agent(fixture.rarePlan)
    try agent.start()
    fixture.advance(by: AgentFixture.longInterval, times: 1)
    try expectConsecutive(1, fixture)
    fixture.cluster.fail(.produce, with: [.messageTooLarge])
    fixture.advance(by: AgentFixture.longInterval)
    fixture.advance(byMinutesUntil: { agent.numbers.recordsDelivered == 2 })
    fixture.time.advance(by: AgentFixture.longInterval)
    fixture.advance(byMinutesUntil: { agent.numbers.recordsDelivered == 3 })
    try expectConsecutive(2, fixture, from: 2)
    // The first new producer sends each record alone, the second one doesn't.
    #expect(agent.numbers.producersRenewed == 2)
    #expect(fixture.stop(agent) == 0)
    #expect(agent.numbers.recordsRefused == 0)
  }

  @Test("nothing is sent before the topic exists; after that everything is")
  func topicComesLater() throws {
    let fixture = try AgentFixture(createsTopic: false)
    let isThere = Flag()
    let agent = fixture.agent(fixture.plan, topicIsReady: { _ in isThere.isSet })
    try agent.start()
    fixture.advance(times: 3)
    fixture.settle()
    #expect(agent.numbers.recordsWaiting == 3)
    #expect(agent.numbers.recordsDelivered == 0)
    try fixture.cluster.createTopic(fixture.topic, partitions: 1)
    isThere.set()
    fixture.time.advance(by: .seconds(1))
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    try expectConsecutive(4, fixture)
  }

  @Test("a stop without brokers ends by its deadline, with the number of records left")
  func endWithoutBrokers() throws {
    let fixture = try AgentFixture()
    fixture.cluster.stopBroker(1)
    let agent = fixture.agent(fixture.plan)
    try agent.start()
    fixture.advance(times: 4)
    fixture.settle()
    let began = SystemTime().monotonic
    #expect(fixture.stop(agent, within: .seconds(1)) == 4)
    #expect(SystemTime().monotonic - began < .seconds(2))
  }

  @Test("the start fails if librdkafka refuses a property")
  func badProperty() throws {
    let fixture = try AgentFixture()
    var plan = fixture.plan
    plan.configuration.properties = [("no.such.property", "1")]
    let agent = fixture.agent(plan)
    let error = #expect(throws: KafkaError.self) { try agent.start() }
    #expect(error?.code == .invalidArgument)
  }

  @Test("the heartbeat is fresh while the loop waits for its next tick, even for an hour")
  func heartbeat() throws {
    let fixture = try AgentFixture()
    var plan = fixture.plan
    plan.agent.interval = .seconds(3600)
    plan.ownInterval = .seconds(3600)
    let agent = fixture.agent(plan)
    try agent.start()
    fixture.settle()
    let now = fixture.time.monotonic
    #expect(agent.heartbeats.allSatisfy { $0.isFresh(at: now + .seconds(3599)) })
    #expect(!agent.heartbeats.allSatisfy { $0.isFresh(at: now + .seconds(3700)) })
    #expect(fixture.stop(agent) == 0)
  }

  /// Expects that the next `count` samples have consecutive sequence numbers. Skips records of own metrics.
  private func expectConsecutive(_ count: Int, _ fixture: AgentFixture, from first: Int = 1) throws {
    let sequences = try (0..<count).map { _ in try #require(try fixture.nextSample().number("sequence")) }
    // A fixture's clock starts at 5000 s, and sequence numbers start at its milliseconds.
    #expect(sequences == (0..<count).map { Double(5_000_000 + first + $0) })
  }
}

/// Set once, read from any thread.
private final class Flag: Sendable {
  private let value = Atomic<Bool>(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
