import Platform
import Records
import Testing

@testable import Evaluator

@Suite("An outbox")
struct OutboxTests {
  private func transition(_ subject: String, partition: Int32 = 0) -> Transition {
    Transition(
      timestamp: WallTime(milliseconds: 1), status: .firing, severity: .critical, rule: "cpu-high", subject: subject,
      metric: "cpu_usage", value: 95, threshold: 90, since: WallTime(milliseconds: 1), previous: .inactive,
      source: SourcePosition(topic: "status_topic", partition: partition, offset: 7))
  }

  @Test("gives transitions out as often as they are asked for, keyed rule/subject, until they are delivered")
  func keeps() throws {
    let cluster = SimulatedCluster(time: ManualTime())
    var log = SimulatedLog(cluster)
    var outbox = Outbox()
    outbox.append(transition("web-1"))
    outbox.append(transition("web-2"))
    for _ in 0..<2 {
      try outbox.produce(at: 1, to: &log)
      try outbox.produce(at: 0, to: &log)
    }
    let keys = ["cpu-high/web-2", "cpu-high/web-1"]
    #expect(cluster.journal == (keys + keys).map { .produced(key: $0) })
    outbox.removeAll()
    #expect(outbox.isEmpty)
  }

  @Test("drops what somebody else makes anew")
  func drops() throws {
    let cluster = SimulatedCluster(time: ManualTime())
    var log = SimulatedLog(cluster)
    var outbox = Outbox()
    outbox.append(transition("web-1", partition: 0))
    outbox.append(transition("web-2", partition: 1))
    outbox.remove(of: [LogPartition(topic: 0, number: 0)], in: ["status_topic"])
    #expect(outbox.count == 1)
    try outbox.produce(at: 0, to: &log)
    #expect(cluster.journal == [.produced(key: "cpu-high/web-2")])
  }

  @Test("hands on why the log didn't take a transition")
  func refused() throws {
    let cluster = SimulatedCluster(time: ManualTime())
    cluster.fail(.produce, .retry)
    var log = SimulatedLog(cluster)
    var outbox = Outbox()
    outbox.append(transition("web-1"))
    #expect(throws: LogFailure(.retry, reason: "planted")) { try outbox.produce(at: 0, to: &log) }
  }
}
