import Platform
import Records
import SimulatedKafka
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

  private let here = LogPartition(topic: 0, number: 0)
  private let there = LogPartition(topic: 0, number: 1)

  /// A log whose cluster keeps a journal of the calls.
  private func log() throws -> (SimulatedCluster, SimulatedLog) {
    let cluster = SimulatedCluster(time: ManualTime())
    cluster.journal = []
    return (cluster, SimulatedLog(cluster, cluster.join("here"), isTransactional: false))
  }

  @Test("produces the same records each time, stage by stage, until it is emptied")
  func keeps() throws {
    var (cluster, log) = try log()
    var outbox = Outbox()
    Array("state".utf8).withUnsafeBytes { outbox.append(state: $0, nil, of: here) }
    outbox.append(transition("web-1"), of: here)
    outbox.append(transition("web-2"), of: here)
    outbox.seal([LogPosition(here, 8)])
    for _ in 0..<2 { for index in 0..<outbox.count { try outbox.produce(at: index, to: &log) } }
    let keys = ["cpu-high/web-1", "cpu-high/web-2"]
    let all: [SimulatedCluster.Entry] =
      keys.map { .produced(.results, key: $0) } + keys.map { .produced(.alertsCurrent, key: $0) }
      + [.produced(.changelog(0), key: "state")]
    #expect(cluster.journal == all + all)
    #expect((0..<outbox.count).map(outbox.endsStage) == [false, true, false, true, true])
    outbox.removeAll()
    #expect(outbox.isEmpty)
  }

  @Test("drops the records and positions of removed partitions")
  func drops() throws {
    var (cluster, log) = try log()
    var outbox = Outbox()
    outbox.append(transition("web-1"), of: here)
    outbox.append(transition("web-2", partition: 1), of: there)
    outbox.seal([LogPosition(here, 8), LogPosition(there, 8)])
    outbox.remove(of: [here])
    #expect(outbox.transitions == 1)
    #expect(outbox.positions == [LogPosition(there, 8)])
    try outbox.produce(at: 0, to: &log)
    #expect(cluster.journal == [.produced(.results, key: "cpu-high/web-2")])
    outbox.remove(of: [there])
    #expect(outbox.isEmpty)
    #expect(!outbox.isSealed)
  }

  @Test("passes on the log's reason for refusing a record")
  func refused() throws {
    var (cluster, log) = try log()
    cluster.faults = { call, _ in call == .produce ? .fails(.retry) : nil }
    var outbox = Outbox()
    outbox.append(transition("web-1"), of: here)
    outbox.seal([])
    #expect(throws: LogFailure(.retry, reason: "planted")) { try outbox.produce(at: 0, to: &log) }
  }
}
