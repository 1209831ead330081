import Kafka
import Platform
import Testing

@testable import Evaluator
@testable import KafkaEvaluator

/// Makes a watch's calls usable in `#expect`.
private final class Watching {
  private var watch: GroupWatch

  init(clientID: String) { watch = GroupWatch(clientID: clientID) }

  func isRefused(_ now: MonotonicTime) { watch.isRefused(now) }
  func rebalances(_ now: MonotonicTime, isGiven: Bool = true) -> GroupWatch.Finding? {
    watch.rebalances(now, isGiven: isGiven)
  }
  func losesQuestion(_ now: MonotonicTime) { watch.losesQuestion(now) }
  func asks(_ now: MonotonicTime) -> Bool { watch.asks(now) }
  func takes(_ answer: Result<[GroupMember], KafkaError>, _ now: MonotonicTime) -> GroupWatch.Finding? {
    watch.takes(answer, now)
  }
}

@Suite("The members of the evaluators' group")
struct GroupWatchTests {
  private let stranger = GroupMember(
    clientID: "rdkafka", host: "10.0.0.7", partitions: [TopicPartition("status_topic", 0)])
  private let evaluator = GroupMember(clientID: "statusd", host: "10.0.0.1")

  private func at(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

  @Test("if the group refuses this evaluator, its members are requested at once, then each minute until it accepts")
  func refused() {
    let watch = Watching(clientID: "statusd")
    #expect(!watch.asks(at(0)))
    watch.isRefused(at(10))
    #expect(watch.asks(at(10)))
    #expect(!watch.asks(at(11)))
    #expect(watch.takes(.success([stranger]), at(12)) == .refuses([stranger], for: .seconds(2), reason: nil))
    for second: Int64 in 13..<72 {
      watch.isRefused(at(second))
      #expect(!watch.asks(at(second)))
    }
    #expect(watch.asks(at(72)))
    #expect(watch.takes(.success([stranger]), at(72)) == .refuses([stranger], for: .seconds(62), reason: nil))
    #expect(watch.rebalances(at(79), isGiven: false) == nil)
    #expect(watch.rebalances(at(80)) == .takesAgain(after: .seconds(70)))
    #expect(watch.rebalances(at(80)) == nil)
    #expect(watch.asks(at(82)))
    #expect(watch.takes(.success([evaluator]), at(82)) == nil)
    #expect(!watch.asks(at(10_000)))
  }

  @Test("a refusal is reported even if the members can't be requested")
  func unnamed() {
    let watch = Watching(clientID: "statusd")
    watch.isRefused(at(0))
    #expect(watch.asks(at(0)))
    let error = KafkaError(code: .groupAuthorizationFailed, message: "no")
    let finding = watch.takes(.failure(error), at(1))
    #expect(finding == .refuses([], for: .seconds(1), reason: "\(error)"))
    #expect(watch.asks(at(61)))
  }

  @Test("a request that is lost with its consumer is repeated")
  func lost() {
    let watch = Watching(clientID: "statusd")
    watch.isRefused(at(0))
    #expect(watch.asks(at(0)))
    watch.losesQuestion(at(5))
    #expect(watch.asks(at(5)))
  }

  @Test("a stranger with the evaluators' strategy is found after the rebalance that it causes")
  func compatible() {
    let watch = Watching(clientID: "statusd")
    #expect(watch.rebalances(at(0)) == nil)
    #expect(!watch.asks(at(0)))
    #expect(watch.asks(at(1)))
    #expect(watch.takes(.success([evaluator]), at(1)) == nil)
    #expect(watch.rebalances(at(100)) == nil)
    #expect(watch.asks(at(101)))
    #expect(watch.takes(.success([evaluator, stranger]), at(101)) == .strangers([stranger]))
    #expect(!watch.asks(at(160)))
    #expect(watch.asks(at(161)))
    #expect(watch.takes(.success([stranger, evaluator]), at(161)) == .strangers([stranger]))
    #expect(watch.rebalances(at(200)) == nil)
    #expect(watch.asks(at(201)))
    #expect(watch.takes(.success([evaluator]), at(201)) == .isAmongItself)
    #expect(!watch.asks(at(10_000)))
  }

  @Test("if a group keeps rebalancing, its members are requested every ten seconds")
  func rebalances() {
    let watch = Watching(clientID: "statusd")
    var asked = 0
    for second: Int64 in 0...60 {
      _ = watch.rebalances(at(second))
      if watch.asks(at(second)) {
        asked += 1
        #expect(watch.takes(.success([evaluator]), at(second)) == nil)
      }
    }
    #expect((5...7).contains(asked), "\(asked)")
  }

  @Test("a member with this evaluator's client.id counts as an evaluator")
  func ownName() {
    let watch = Watching(clientID: "rack-7")
    let other = GroupMember(clientID: "rack-7", host: "10.0.0.2")
    _ = watch.rebalances(at(0))
    #expect(watch.asks(at(1)))
    #expect(watch.takes(.success([other, evaluator]), at(1)) == nil)
  }
}
