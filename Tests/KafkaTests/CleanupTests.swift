import TestSupport
import Testing

@testable import Kafka

@Suite struct CleanupTests {
  private func problem(of configuration: [String: String], wanted: String) -> Cleanup.Problem? {
    guard let kept = Cleanup(configuration), let needed = Cleanup(["cleanup.policy": wanted]) else { return nil }
    return kept.problem(wanted: needed)
  }

  @Test("a state topic that deletes by time or size is a problem, with or without compaction")
  func state() {
    let week = ["retention.ms": "604800000", "retention.bytes": "-1"]
    let bySize = ["retention.ms": "-1", "retention.bytes": "1000000"]
    for retention in [week, bySize, [:]] {
      for policy in ["delete", "compact,delete", "delete, compact"] {
        let configuration = retention.merging(["cleanup.policy": policy]) { $1 }
        #expect(problem(of: configuration, wanted: "compact") == .deletesState, "\(configuration)")
      }
      let right = retention.merging(["cleanup.policy": "compact"]) { $1 }
      #expect(problem(of: right, wanted: "compact") == nil)
    }
  }

  @Test("deletion without a bound deletes nothing, so only missing compaction is a problem")
  func unbounded() {
    let forEver = ["retention.ms": "-1", "retention.bytes": "-1"]
    #expect(problem(of: forEver.merging(["cleanup.policy": "delete"]) { $1 }, wanted: "compact") == .keepsAll)
    #expect(problem(of: forEver.merging(["cleanup.policy": "compact,delete"]) { $1 }, wanted: "compact") == nil)
  }

  @Test("a history topic that is compacted is a problem")
  func history() {
    #expect(problem(of: ["cleanup.policy": "compact"], wanted: "delete") == .dropsHistory)
    #expect(problem(of: ["cleanup.policy": "compact,delete"], wanted: "delete") == .dropsHistory)
    #expect(problem(of: ["cleanup.policy": "delete"], wanted: "delete") == nil)
    #expect(Cleanup(["retention.ms": "1"]) == nil)
  }
}
