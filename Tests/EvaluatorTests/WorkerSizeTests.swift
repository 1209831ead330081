import Platform
import Rules
import SimulatedKafka
import Testing

@testable import Evaluator

@Suite("Records that are too large for their topic")
struct WorkerSizeTests {
  /// Fires at once above 90; its alerts take about 1300 bytes, and 330 without the summary.
  private var talkative: Rule {
    var rule = Rule(name: "talkative", metric: "cpu_usage", side: .above, limits: .init(critical: 90))
    rule.summary = String(repeating: "words ", count: 160)
    rule.labels = [.init(name: "team", value: "infra")]
    return rule
  }

  /// Its alerts take about 1100 bytes, without a summary.
  private var long: Rule {
    Rule(name: String(repeating: "n", count: 400), metric: "cpu_usage", side: .above, limits: .init(critical: 90))
  }

  private func limit(_ bytes: Int, of bench: borrowing WorkerBench, told: Bool = true) {
    bench.cluster.limits = RecordRoom(results: bytes, alertsCurrent: bytes, changelog: .max)
    bench.cluster.tellsLimits = told
  }

  @Test(
    "an alert that is too large is sent without summary and labels, to both topics, and blocks no other",
    arguments: [true, false], [true, false])
  func bare(told: Bool, isTransactional: Bool) throws {
    var bench = try WorkerBench([.cpuHigh, talkative], isTransactional: isTransactional)
    limit(600, of: bench, told: told)
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(95)
    bench.settle(turns: 20)
    let lines = Dictionary(grouping: bench.alerts) { $0.key }
    #expect(lines.keys.sorted() == ["cpu-high/web-1", "talkative/web-1"])
    let line = try #require(lines["talkative/web-1"]?.last?.value)
    #expect(line.contains(#","labels":{},"source""#))
    #expect(!line.contains("summary"))
    #expect(bench.current["talkative/web-1"] == line)
    #expect(bench.numbers.transitionsCut == 1)
    #expect(bench.numbers.undelivered == 0)
    #expect(bench.committed == [0: 1])
    #expect(bench.log.messages.count { $0.contains("went without summary and labels") } == 1)
    #expect(bench.log.messages.count { $0 == "alert fires" } == 2)
  }

  @Test("an alert still too large is counted and logged; everything else is delivered once", arguments: [true, false])
  func absent(told: Bool) throws {
    var bench = try WorkerBench([.cpuHigh, long])
    limit(600, of: bench, told: told)
    bench.assign(0)
    bench.settle(turns: 3)
    for cpu in [95.0, 20, 95] {
      bench.sample(cpu)
      bench.settle(turns: 20)
    }
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1", "cpu-high/web-1", "cpu-high/web-1"])
    #expect(bench.current.keys.sorted() == ["cpu-high/web-1"])
    #expect(bench.numbers.transitionsTooLarge == 3)
    #expect(bench.committed == [0: 3])
    #expect(bench.log.lines.contains { $0.level == .error && $0.message.contains("were not delivered") })
    bench.share.stop(by: bench.time.monotonic + .seconds(3))
    bench.worker.run()
    #expect(bench.share.undone == 3)
  }

  @Test("after a topic's limit is raised, alerts are complete again")
  func greater() throws {
    var bench = try WorkerBench([talkative])
    limit(600, of: bench)
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 10)
    limit(6000, of: bench)
    bench.sample(20)
    bench.settle(turns: 10)
    #expect(bench.alerts.map { $0.value.contains("summary") } == [false, true])
  }

  @Test("a subject's state that is too large isn't kept, is logged, and blocks no other")
  func state() throws {
    let rules = (0..<40).map { number in
      var rule = Rule(name: "r\(number)", metric: "cpu_usage", side: .above, limits: .init(critical: 90))
      rule.atLeast = Rule.AtLeast(count: 2, of: 40)
      return rule
    }
    var bench = try WorkerBench(rules)
    bench.assign(0)
    bench.settle(turns: 3)
    // The rules have been written by now.
    bench.sample(20)
    bench.settle(turns: 5)
    bench.cluster.limits.changelog = 250
    for _ in 0..<2 { bench.sample(95) }
    bench.settle(turns: 20)
    #expect(bench.alerts.count == 40)
    #expect(bench.committed == [0: 3])
    #expect(bench.numbers.stateTooLarge > 0)
    #expect(bench.log.messages.contains { $0.contains("isn't kept") })
  }

  @Test("rules that are too large for the changelog end the evaluator at its start, and the log has the sizes")
  func rulesAtStart() throws {
    var bench = try WorkerBench([talkative])
    bench.cluster.limits.changelog = 800
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    #expect(bench.worker.end != nil)
    let reason = try #require(bench.log.lines.first { $0.level == .critical }?.metadata["reason"])
    #expect("\(reason)".contains("takes 800"))
    #expect(bench.alerts.isEmpty)
  }

  @Test("a reload is refused if the rules are too large for the changelog, and the old ones stay in force")
  func rulesAtReload() throws {
    var bench = try WorkerBench([.cpuHigh])
    bench.cluster.limits.changelog = 800
    bench.assign(0)
    bench.settle(turns: 3)
    bench.share.offer(SourceRules(RuleSet([.cpuHigh, talkative])))
    bench.settle(turns: 5)
    bench.sample(95)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1"])
    #expect(!bench.share.hasFailed)
    #expect(bench.log.messages.contains { $0.contains("the old ones stay in force") })
    #expect(!bench.log.messages.contains("new rules are in force"))
  }

  @Test("a repeatedly refused delivery is retried at growing intervals, up to two seconds")
  func backsOff() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 3)
    for _ in 0..<8 { bench.fail(.commit, .fails(.deliverAgain)) }
    bench.sample(95)
    let began = bench.time.monotonic
    while bench.alerts.isEmpty, bench.time.monotonic - began < .seconds(60) { bench.worker.turn() }
    #expect(bench.time.monotonic - began >= .milliseconds(100 + 200 + 400 + 800 + 1600 + 3 * 2000))
    #expect(bench.time.monotonic - began < .seconds(11))
    #expect(bench.alerts.count == 1)
  }

  @Test(
    "a delivery with an unknown result counts as undelivered at the end, even while its partition is being restored")
  func stopWhileRestoring() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(95)
    bench.worker.turn()
    bench.fail(.commit, .fails(.restore))
    bench.worker.turn()
    // The restore has begun, and the records aren't evaluated again before the end.
    bench.cluster.isSilent = true
    bench.worker.turn()
    bench.share.stop(by: bench.time.monotonic + .seconds(3))
    bench.worker.run()
    #expect(bench.share.undone > 0)
    #expect(bench.log.messages.contains("stopped before everything was delivered"))
  }
}
