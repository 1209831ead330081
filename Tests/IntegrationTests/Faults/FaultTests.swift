import Foundation
import TestSupport
import Testing

/// Runs only if requested (`make faults`), because it takes minutes. `STATUSD_FAULTS` is the number of records,
/// `STATUSD_FAULT_KILLS` how often an evaluator is killed, `STATUSD_FAULT_PAUSE` for how many seconds a broker is
/// silent, `STATUSD_FAULT_BROKERS` the number of brokers (default: 1, then 3), `STATUSD_SEED` the seed.
@Suite("faults of brokers and evaluators don't change the alerts", .serialized, .waits)
struct FaultTests {

  private static func number(_ name: String) -> Int? { environment(name).flatMap(Int.init) }

  @Test(
    "the transitions are the same as without faults, each once and in order, and alerts-current agrees", .needsKafka,
    .enabled(if: environment("STATUSD_FAULTS") != nil, "make faults runs it"),
    arguments: number("STATUSD_FAULT_BROKERS").map { [$0] } ?? [1, 3])
  func faults(brokers: Int) throws {
    let seed = environment("STATUSD_SEED").flatMap { UInt64($0) } ?? UInt64.random(in: 1..<1_000_000_000)
    let plan = FaultPlan(
      seed: seed, records: Self.number("STATUSD_FAULTS") ?? 200_000, kills: Self.number("STATUSD_FAULT_KILLS") ?? 20,
      pause: Self.number("STATUSD_FAULT_PAUSE") ?? 15, brokers: brokers)
    print("faults: seed \(seed), \(brokers) broker(s), \(plan.records) records, \(plan.faults.count) faults")
    let run = try FaultRun(plan)
    let verdict = try run.run()
    print(
      """
      faults: seed \(seed), \(brokers) broker(s): \(verdict.expected) transitions expected: \
      \(verdict.lost.count) lost, \(verdict.doubled.count) doubled, \(verdict.strange.count) strange, \
      \(verdict.disordered.count) alerts in another order, \(verdict.stale.count) wrong about what fires now; \
      \(verdict.takenBack) transitions were written and taken back; \(run.endings.count) evaluators ended by themselves
      """)
    if !verdict.isClean {
      let folder = "\(packageRoot)/.build/faults-\(seed)"
      print("faults: what was done and said is in \(folder); without the alerts, its end is")
      for line in run.story.flatMap({ $0.split(separator: "\n") }).filter({ !$0.contains(" alert ") }).suffix(100) {
        print(line.prefix(300))
      }
      try keep(run.story, in: folder, as: "story")
      try run.keepBrokers(in: folder)
      try keep(verdict.expectedLines, in: folder, as: "expected.jsonl")
      try keep(verdict.seenLines, in: folder, as: "seen.jsonl")
    }
    #expect(verdict.expected > plan.records / 500)
    // Copied first, because a failed expectation would print the whole verdict, thousands of lines.
    let isComplete = verdict.isComplete
    #expect(isComplete, "seed \(seed): transitions were still missing when the evaluators were ended")
    for (what, which) in [
      ("lost", verdict.lost), ("doubled", verdict.doubled), ("strange", verdict.strange),
      ("another order", verdict.disordered), ("wrong about now", verdict.stale),
    ] {
      let count = which.count
      #expect(count == 0, "seed \(seed): \(what): \(which.prefix(5))")
    }
    for ending in run.endings where ending.status != .exited(75) {
      Issue.record("seed \(seed): an evaluator ended: \(ending.status)\n\(ending.said.suffix(3000))")
    }
  }
  private func keep(_ lines: [String], in folder: String, as name: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try lines.map { $0 + "\n" }.joined().write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
  }
}
