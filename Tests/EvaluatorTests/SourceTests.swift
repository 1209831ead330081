import Platform
import Records
import Rules
import Testing

@testable import Evaluator

@Suite("Topics with separate rules in one worker")
struct SourceTests {
  private static let busy = Rule(name: "busy", metric: "load", side: .above, limits: Rule.Limits(warning: 5))
  private static let slow = Rule(name: "slow", metric: "took_ms", side: .above, limits: Rule.Limits(critical: 500))

  private static func evaluation() -> Evaluation {
    let plan = WorkerPlan(topics: ["hosts", "orders"], group: "g", instance: "i")
    var evaluation = Evaluation(
      plan,
      rules: SourceRules([
        .init(topic: "hosts", rules: RuleSet([busy])), .init(topic: "orders", rules: RuleSet([slow])),
      ]))
    evaluation.wall = 1_800_000_000_000
    evaluation.setPartitionCount(1, ofTopic: 0)
    evaluation.setPartitionCount(3, ofTopic: 1)
    evaluation.add(LogPartition(topic: 0, number: 0), at: 0)
    for number in 0..<3 as Range<Int32> { evaluation.add(LogPartition(topic: 1, number: number), at: 0) }
    return evaluation
  }

  private static func send(
    _ text: String, to topic: Int, _ number: Int32 = 0, offset: Int64, _ evaluation: inout Evaluation
  ) {
    Array(text.utf8).withUnsafeBytes { value in
      Array("k".utf8).withUnsafeBytes { key in
        evaluation.receive(
          LogRecord(
            partition: LogPartition(topic: topic, number: number), offset: offset,
            kafkaTime: 1_799_999_000_000 + offset,
            isLogAppendTime: true, key: key, value: value))
      }
    }
  }

  private static func made(_ evaluation: inout Evaluation) -> [String] {
    var made: [String] = []
    evaluation.takeTransitions { transition, owner in
      made.append("\(transition.key) \(transition.status) \(owner.topic)/\(owner.number)")
      #expect(transition.source.partition == owner.number)
      #expect(transition.source.topic == ["hosts", "orders"][owner.topic])
    }
    return made
  }

  private static let both = #"{"host":"a","load":9,"took_ms":900}"#

  @Test("each topic's records are evaluated only by its own rules, in each partition")
  func apart() {
    var evaluation = Self.evaluation()
    Self.send(Self.both, to: 1, 2, offset: 0, &evaluation)
    Self.send(Self.both, to: 0, offset: 0, &evaluation)
    Self.send(Self.both, to: 1, 0, offset: 0, &evaluation)
    #expect(Self.made(&evaluation) == ["slow/a firing 1/2", "busy/a firing 0/0", "slow/a firing 1/0"])
  }

  @Test("new rules of one topic resolve its alerts, and don't affect the other topic")
  func replaced() {
    var evaluation = Self.evaluation()
    Self.send(Self.both, to: 0, offset: 0, &evaluation)
    Self.send(Self.both, to: 1, 1, offset: 0, &evaluation)
    _ = Self.made(&evaluation)
    evaluation.replaceRules(SourceRules(RuleSet([Self.busy])))
    #expect(Self.made(&evaluation) == ["slow/a resolved 1/1"])
    Self.send(Self.both, to: 1, 1, offset: 1, &evaluation)
    Self.send(Self.both, to: 0, offset: 1, &evaluation)
    #expect(Self.made(&evaluation) == ["busy/a firing 1/1"])
  }

  @Test("a partition's state in the changelog is its own topic's: keys, rules, position")
  func written() throws {
    var evaluation = Self.evaluation()
    Self.send(Self.both, to: 0, offset: 0, &evaluation)
    Self.send(Self.both, to: 1, 1, offset: 0, &evaluation)
    _ = Self.made(&evaluation)
    var outbox = Outbox()
    let positions = evaluation.writeState(into: &outbox, everything: true)
    #expect(Set(positions.map(\.partition)).count == 4)
    outbox.seal(positions)
    var rules: [String: [String]] = [:]
    for entry in outbox.entries where entry.stage == .state {
      let key = Array(outbox.bytes[entry.start..<entry.valueStart])
      let value = Array(outbox.bytes[entry.valueStart..<entry.end])
      let scope = ChangelogScope(group: "g", topic: ["hosts", "orders"][entry.partition.topic])
      guard case .rules = try key.withUnsafeBytes({ try scope.read($0) }) else { continue }
      let stored = try value.withUnsafeBytes { value in
        try key.withUnsafeBytes { try StoredRules(value, key: $0) }
      }
      rules[scope.topic, default: []] += stored.rules.rules.map(\.name)
    }
    #expect(rules == ["hosts": ["busy"], "orders": ["slow", "slow", "slow"]])
  }
}
