import Foundation
import Records
import Testing

@Suite("statusd's own metrics")
struct OwnMetricsTests {
  @Test("docs/configuration.md lists each metric with its kind, in the order of the record")
  func documentation() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
    let section = try #require(
      text.components(separatedBy: "\n## ").first { $0.hasPrefix("statusd's own metrics\n") })
    let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
      row.split(separator: "|").prefix(2).map { $0.trimmingCharacters(in: .whitespaces) }
    }
    func row(_ name: String, isCounter: Bool) -> [String] { ["`\(name)`", isCounter ? "counter" : "gauge"] }
    let agent = AgentNumbers.metrics.map { row($0.name, isCounter: $0.kind == .counter) }
    let evaluator = EvaluatorNumbers.metrics.map { row($0.name, isCounter: $0.kind == .counter) }
    let meter = MeterNumbers.metrics.map { row($0.name, isCounter: $0.kind == .counter) }
    let forwarder = ForwarderNumbers.metrics.map { row($0.name, isCounter: $0.kind == .counter) }
    let receiver = ReceiverNumbers.metrics.map { row($0.name, isCounter: $0.kind == .counter) }
    #expect(rows == agent + evaluator + meter + forwarder + receiver)
  }

  @Test("each metric has a unique name, and every property is a metric")
  func names() {
    let names =
      AgentNumbers.metrics.map(\.name) + EvaluatorNumbers.metrics.map(\.name) + MeterNumbers.metrics.map(\.name)
      + ForwarderNumbers.metrics.map(\.name) + ReceiverNumbers.metrics.map(\.name)
    #expect(Set(names).count == names.count)
    // `badByReason` has a metric for each reason, and `records_bad` is their sum.
    #expect(MeterNumbers.metrics.count == Mirror(reflecting: MeterNumbers()).children.count)
    #expect(ForwarderNumbers.metrics.count == Mirror(reflecting: ForwarderNumbers()).children.count)
    #expect(ReceiverNumbers.metrics.count == Mirror(reflecting: ReceiverNumbers()).children.count)
    #expect(AgentNumbers.metrics.count == Mirror(reflecting: AgentNumbers()).children.count)
    #expect(
      EvaluatorNumbers.metrics.count
        == Mirror(reflecting: EvaluatorNumbers()).children.count + BadReason.allCases.count)
  }

  @Test("workers' metrics add up, except blind_ms; lag is known if all workers know theirs")
  func sum() {
    var first = EvaluatorNumbers(lag: 5)
    (first.records, first.partitions, first.blind) = (7, 1, 300)
    first.badByReason[Int(BadReason.notJSON.rawValue)] = 2
    var second = EvaluatorNumbers(lag: 6)
    (second.records, second.partitions, second.blind) = (10, 2, 200)
    second.badByReason[Int(BadReason.subject.rawValue)] = 1
    var sum = EvaluatorNumbers(lag: 0)
    sum.add(first)
    sum.add(second)
    let fields = Dictionary(uniqueKeysWithValues: sum.fields.map { ($0.name, $0.value) })
    #expect(fields["records"] == 17)
    #expect(fields["records_bad"] == 3)
    #expect(fields["records_bad_not_json"] == 2)
    #expect(fields["records_bad_subject"] == 1)
    #expect(fields["partitions"] == 3)
    #expect(fields["blind_ms"] == 300)
    #expect(fields["lag"] == 11)
    sum.add(EvaluatorNumbers())
    #expect(sum.lag == nil)
    #expect(!sum.fields.contains { $0.name == "lag" })
  }

  @Test("a restarted worker keeps the counters, and its gauges are reset")
  func successor() {
    var numbers = EvaluatorNumbers(lag: 5)
    (numbers.records, numbers.partitions, numbers.hidden, numbers.blind) = (7, 1, 3, 300)
    numbers.badByReason[0] = 2
    var expected = EvaluatorNumbers()
    (expected.records, expected.badByReason[0]) = (7, 2)
    #expect(numbers.ofSuccessor == expected)
  }
}
