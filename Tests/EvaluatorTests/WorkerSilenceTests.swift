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

  /// A worker that holds its partition, and whose subject has just sent a record.
  private func heard() throws -> WorkerBench {
    var bench = try WorkerBench(rules)
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(20)
    return bench
  }

  /// Runs the loop until this much time has passed.
  private func pass(_ duration: Duration, _ bench: inout WorkerBench) {
    let end = bench.time.monotonic + duration
    while bench.time.monotonic < end { bench.worker.turn() }
  }

  @Test("a subject that sends nothing for no_data_after is declared silent once, if its partition is read to the end")
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

  @Test(
    "a dead host is declared silent within two seconds of being due, however often another host sends",
    arguments: [1, 4, 20, 2000])
  func besideOthers(_ perSecond: Int) throws {
    var rules = rules
    rules[0].noDataAfter = .seconds(10)
    // Each period has four equal parts: a sample, and three turns of the loop, which wait if there are no records.
    let part = Duration.seconds(1) / perSecond / 4
    var bench = try WorkerBench(rules, longestWait: part)
    bench.assign(0)
    bench.settle(turns: 3)
    bench.append(#"{"host":"dead","cpu_usage":20}"#, key: "dead")
    bench.settle(turns: 3)
    // When the answer comes, the log's end has always moved on.
    let alive = #"{"host":"alive","cpu_usage":20}"#
    let cluster = bench.cluster
    cluster.whileAsked = { [unowned cluster] in
      cluster.append(key: Array("alive".utf8), value: Array(alive.utf8))
    }
    let last = bench.time.monotonic
    var said: Duration?
    while said == nil, bench.time.monotonic - last < .seconds(20) {
      // The pace matters only once silence may be due.
      bench.time.advance(by: bench.time.monotonic - last < .seconds(8) ? max(part, .milliseconds(20)) : part)
      bench.append(alive, key: "alive")
      bench.settle(turns: 3)
      if !bench.alerts.isEmpty { said = bench.time.monotonic - last }
    }
    #expect(bench.alerts.map(\.key) == ["cpu-high/dead"])
    #expect(try (.seconds(9) ... .seconds(12)).contains(#require(said)))
  }

  @Test("a lagging evaluator doesn't declare a subject silent whose record it hasn't read yet")
  func lagging() throws {
    var rules = rules
    rules[0].noDataAfter = .seconds(10)
    var bench = try WorkerBench(rules)
    bench.assign(0)
    bench.settle(turns: 3)
    bench.cluster.batch = 1
    bench.sample(20, host: "alive", after: .seconds(1))
    bench.settle(turns: 3)
    // Ten records a second arrive and one is read, so this host's records are always among the waiting ones.
    for number in 0..<200 {
      bench.sample(20, host: number % 100 == 0 ? "alive" : "other", after: .milliseconds(100))
      if number % 10 == 0 { bench.worker.turn() }
    }
    #expect(bench.alerts.isEmpty)
  }

  @Test("a sign of life counts from its arrival, not from the beginning of the wait for it")
  func comesWhileWaiting() throws {
    var rules = rules
    rules[0].noDataAfter = .seconds(10)
    var bench = try WorkerBench(rules)
    bench.assign(0)
    bench.settle(turns: 3)
    let (cluster, time) = (bench.cluster, bench.time)
    var last = time.wall.milliseconds - 9000
    cluster.whileWaiting = { [unowned cluster] in
      guard time.wall.milliseconds - last >= 7000 else { return }
      last = time.wall.milliseconds
      cluster.append(
        key: Array("slow".utf8), value: Array(#"{"timestamp":\#(last),"host":"slow","cpu_usage":20}"#.utf8))
    }
    pass(.seconds(200), &bench)
    #expect(bench.numbers.records > 10)
    #expect(bench.alerts.isEmpty)
  }

  @Test("if a log is cut below the end that was asked for, silence is judged by the new end")
  func cutLog() {
    var evaluation = Evaluation(
      WorkerPlan(topics: ["status_topic"], group: "g", instance: "i"), rules: SourceRules(RuleSet(rules)))
    let partition = LogPartition(topic: 0, number: 0)
    evaluation.add(partition, at: 50)
    evaluation.note(end: 100, of: partition, asked: 0)
    evaluation.note(end: 120, of: partition, asked: 1000)
    let isReadAtFirst = evaluation.hasReadAskedEnd
    evaluation.note(end: 40, of: partition, asked: 2000)
    let isRead = evaluation.hasReadAskedEnd
    #expect(!isReadAtFirst)
    #expect(isRead)
  }

  @Test("a declared silence isn't declared again after a restart, and its end is reported")
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

  @Test("after an assignment an evaluator listens for no_data_after before it declares silence")
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

  @Test("a process that stood still for a while listens anew before it declares silence")
  func stopped() throws {
    var bench = try heard()
    pass(.seconds(30), &bench)
    bench.time.advance(by: .seconds(600))
    pass(.seconds(50), &bench)
    #expect(bench.alerts.isEmpty)
  }

  @Test("no subject is declared silent while brokers don't answer, nor right after")
  func brokersAway() throws {
    var bench = try heard()
    pass(.seconds(58), &bench)
    bench.fail(.askEnds, .fails(.retry))
    pass(.seconds(50), &bench)
    #expect(bench.alerts.isEmpty)
  }

  @Test("no subject is declared silent while an open transaction hides records")
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

  @Test("hidden records of an open transaction are logged with number and time, and counted while it lasts")
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
    #expect((0..<20_000).contains(since.first ?? -1))
    bench.cluster.appendMarker(of: 77, isCommit: true)
    pass(.seconds(40), &bench)
    #expect(bench.numbers.hidden == 0)
    #expect(bench.log.messages.count { $0.hasPrefix("no open transaction hides records") } == 1)
    #expect(bench.alerts.count == 1)
  }

  @Test("a slow answer about a partition's end isn't reported as a missing acknowledgement")
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
