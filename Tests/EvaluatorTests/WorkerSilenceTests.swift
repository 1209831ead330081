import Platform
import Rules
import SimulatedKafka
import Testing

@testable import Evaluator

@Suite("A worker and silence")
struct WorkerSilenceTests {
  private var rules: [Rule] {
    var rule = Rule.cpuHigh
    rule.noData = .alert
    rule.noDataAfter = .seconds(60)
    return [rule]
  }

  /// A worker that holds its partition, and to which a subject has just spoken.
  private func heard() throws -> WorkerBench {
    var bench = try WorkerBench(rules)
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(20)
    return bench
  }

  /// Turns the loop until so much time has passed.
  private func pass(_ duration: Duration, _ bench: inout WorkerBench) {
    let end = bench.time.monotonic + duration
    while bench.time.monotonic < end { bench.worker.turn() }
  }

  @Test("who sends nothing for no_data_after on a partition that is read to its end is said to be silent, once")
  func silent() throws {
    var bench = try heard()
    pass(.seconds(55), &bench)
    #expect(bench.alerts.isEmpty)
    pass(.seconds(10), &bench)
    #expect(bench.alerts.count == 1)
    #expect(bench.alerts.first?.value.contains(#""reason":"no data""#) == true)
    #expect(bench.current.count == 1)
    pass(.seconds(300), &bench)
    #expect(bench.alerts.count == 1)
  }

  @Test("a silence that was said isn't said again after a restart, and its end is")
  func restart() throws {
    var bench = try heard()
    pass(.seconds(70), &bench)
    try bench.restart(rules)
    pass(.seconds(200), &bench)
    #expect(bench.alerts.count == 1)
    bench.sample(20)
    bench.settle(turns: 5)
    #expect(bench.alerts.last?.value.contains("resolved") == true)
    #expect(bench.alerts.count == 2)
  }

  @Test("an evaluator that was just given a partition listens for no_data_after before it calls anybody silent")
  func justAssigned() throws {
    var bench = try heard()
    pass(.seconds(30), &bench)
    bench.time.advance(by: .seconds(600))
    try bench.restart(rules)
    pass(.seconds(50), &bench)
    #expect(bench.alerts.isEmpty)
    pass(.seconds(20), &bench)
    #expect(bench.alerts.count == 1)
  }

  @Test("a process that was stopped for a while listens anew before it calls anybody silent")
  func stopped() throws {
    var bench = try heard()
    pass(.seconds(30), &bench)
    bench.time.advance(by: .seconds(600))
    pass(.seconds(50), &bench)
    #expect(bench.alerts.isEmpty)
  }

  @Test("while brokers don't answer nobody is silent, nor right after")
  func brokersAway() throws {
    var bench = try heard()
    pass(.seconds(58), &bench)
    bench.fail(.bounds, .fails(.retry))
    pass(.seconds(50), &bench)
    #expect(bench.alerts.isEmpty)
  }

  @Test("behind what an open transaction hides nobody is declared silent")
  func hidden() throws {
    var bench = try heard()
    bench.settle(turns: 3)
    bench.cluster.append(key: nil, value: [], transaction: 77)
    pass(.seconds(200), &bench)
    #expect(bench.alerts.isEmpty)
    bench.cluster.appendMarker(of: 77, isCommit: false)
    pass(.seconds(100), &bench)
    #expect(bench.alerts.count == 1)
  }

  @Test("what an open transaction hides is said, how much and since when, and counted while it lasts")
  func saidHidden() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(20)
    pass(.seconds(100), &bench)
    #expect(bench.numbers.hidden == 0)
    let began = bench.time.wall
    bench.cluster.append(key: nil, value: [], transaction: 77)
    for _ in 0..<3 { bench.sample(95) }
    pass(.seconds(70), &bench)
    #expect(bench.numbers.hidden == 4)
    let said = bench.log.lines.filter { $0.message.hasPrefix("an open transaction hides records") }
    #expect(said.first?.metadata["hidden"] == .integer(4))
    let since = said.compactMap { line -> Int64? in
      guard case .time(let since)? = line.metadata["since"] else { return nil }
      return since.milliseconds - began.milliseconds
    }
    #expect(!said.isEmpty && since.count == said.count && Set(since).count == 1)
    #expect((0..<40_000).contains(since.first ?? -1))
    bench.cluster.appendMarker(of: 77, isCommit: true)
    pass(.seconds(40), &bench)
    #expect(bench.numbers.hidden == 0)
    #expect(bench.alerts.count == 1)
  }

  @Test("while brokers take their time to say where a partition ends, nobody blames them for what is delivered then")
  func slowAnswer() throws {
    var bench = try heard()
    bench.settle(turns: 3)
    bench.cluster.questionTime = .milliseconds(600)
    bench.cluster.append(key: nil, value: [], transaction: 77)
    for _ in 0..<100 {
      bench.sample(20)
      pass(.seconds(1), &bench)
    }
    #expect(bench.log.messages.contains { $0.hasPrefix("an open transaction hides records") })
    #expect(!bench.log.messages.contains { $0.hasPrefix("brokers haven't acknowledged") })
  }
}
