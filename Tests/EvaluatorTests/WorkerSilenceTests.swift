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

  @Test(
    "a host that is dead beside one that sends often is said to be silent within two seconds of being due",
    arguments: [1, 4, 20, 2000])
  func besideOthers(_ perSecond: Int) throws {
    var rules = rules
    rules[0].noDataAfter = .seconds(10)
    // A sample, and three turns of the loop that wait as long each where there is nothing.
    let part = Duration.seconds(1) / perSecond / 4
    var bench = try WorkerBench(rules, longestWait: part)
    bench.assign(0)
    bench.settle(turns: 3)
    bench.append(#"{"host":"dead","cpu_usage":20}"#, key: "dead")
    bench.settle(turns: 3)
    // The end that is asked for has always moved on when the answer comes.
    let alive = #"{"host":"alive","cpu_usage":20}"#
    let cluster = bench.cluster
    cluster.whileAsked = { [unowned cluster] in
      cluster.append(key: Array("alive".utf8), value: Array(alive.utf8))
    }
    let last = bench.time.monotonic
    var said: Duration?
    while said == nil, bench.time.monotonic - last < .seconds(20) {
      // The pace matters only once somebody may be silent.
      bench.time.advance(by: bench.time.monotonic - last < .seconds(8) ? max(part, .milliseconds(20)) : part)
      bench.append(alive, key: "alive")
      bench.settle(turns: 3)
      if !bench.alerts.isEmpty { said = bench.time.monotonic - last }
    }
    #expect(bench.alerts.map(\.key) == ["cpu-high/dead"])
    #expect(try (.seconds(9) ... .seconds(12)).contains(#require(said)))
  }

  @Test("an evaluator that lags behind declares nobody silent whose record it has still to read")
  func lagging() throws {
    var rules = rules
    rules[0].noDataAfter = .seconds(10)
    var bench = try WorkerBench(rules)
    bench.assign(0)
    bench.settle(turns: 3)
    bench.cluster.batch = 1
    bench.sample(20, host: "alive", after: .seconds(1))
    bench.settle(turns: 3)
    // Ten records a second come and one is read: this host's are always among those that wait.
    for number in 0..<200 {
      bench.sample(20, host: number % 100 == 0 ? "alive" : "other", after: .milliseconds(100))
      if number % 10 == 0 { bench.worker.turn() }
    }
    #expect(bench.alerts.isEmpty)
  }

  @Test("a sign of life counts from when it came, not from when the wait for it began")
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

  @Test("where a log was cut below the end that was asked for, silence waits for the new end")
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
    bench.fail(.askEnds, .fails(.retry))
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
    #expect((0..<20_000).contains(since.first ?? -1))
    bench.cluster.appendMarker(of: 77, isCommit: true)
    pass(.seconds(40), &bench)
    #expect(bench.numbers.hidden == 0)
    #expect(bench.log.messages.count { $0.hasPrefix("no open transaction hides records") } == 1)
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
