import Platform
import Records
import Rules
import SimulatedKafka
import Testing

@testable import Evaluator

@Suite("A worker's restored state")
struct WorkerRestoreTests {
  private var held: Rule {
    var rule = Rule.cpuHigh
    rule.hold = .seconds(30)
    return rule
  }

  private var busy: Rule {
    Rule(name: "cpu-busy", metric: "cpu_usage", side: .above, limits: Rule.Limits(warning: 50))
  }

  /// A worker with two rules that both fire.
  private func bothFire() throws -> WorkerBench {
    var bench = try WorkerBench([.cpuHigh, busy])
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    return bench
  }

  @Test("a firing alert survives a restart, and is resolved after it once")
  func firing() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    try bench.restart()
    bench.settle(turns: 10)
    #expect(bench.numbers.firing == 1)
    bench.sample(20)
    bench.settle(turns: 5)
    #expect(bench.alerts.count == 2)
    #expect(bench.alerts.last?.value.contains("resolved") == true)
    #expect(bench.current.isEmpty)
  }

  @Test("a hold that began before a restart is met after it", arguments: [Duration.seconds(5), .seconds(60)])
  func hold(checkpointInterval: Duration) throws {
    var bench = try WorkerBench([held], checkpointInterval: checkpointInterval)
    bench.assign(0)
    for second: Int64 in 0..<20 {
      bench.sample(95, second: second)
      bench.settle(turns: 3)
    }
    try bench.restart([held])
    for second: Int64 in 20..<33 {
      bench.sample(95, second: second)
      bench.settle(turns: 4)
    }
    #expect(bench.alerts.count == 1)
    #expect(bench.alerts.first?.value.contains(#""offset":30"#) == true)
  }

  @Test("while an open transaction hides the changelog's end, the restore waits and asks for the end at a limited rate")
  func hiddenChangelog() throws {
    var bench = try WorkerBench()
    bench.cluster.appendToChangelog(key: [1], value: nil, transaction: 77)
    bench.assign(0)
    bench.settle(turns: 5)
    let began = bench.time.monotonic
    bench.settle(turns: 20)
    #expect(bench.time.monotonic - began > .seconds(3))
    #expect(bench.numbers.partitions == 0)
    let said = "an open transaction hides the changelog's end"
    #expect(!bench.log.messages.contains { $0.hasPrefix(said) })
    bench.settle(turns: 200)
    #expect(bench.log.messages.contains { $0.hasPrefix(said) })
  }

  @Test("a partition whose restore waits doesn't delay others, and is logged")
  func passedOver() throws {
    var bench = try WorkerBench(partitions: 3)
    // A transaction is about to change the first one's group position; another hides the second one's changelog end.
    _ = bench.cluster.transactions.takeOver("stranger", by: 99)
    let begun = bench.cluster.transactions.begin("stranger", at: bench.time.monotonic)
    let transaction = try #require(begun)
    bench.cluster.transactions.add([SimulatedCommit(partition: 0, position: 5)], to: transaction)
    bench.cluster.appendToChangelog(key: [1], value: nil, number: 1, transaction: 77)
    // The third one can be restored by its group position alone, because the group has begun.
    bench.committedByStatusd(2, 0)
    bench.assign(0, 1, 2)
    let began = bench.time.monotonic
    while bench.numbers.partitions < 1, bench.time.monotonic - began < .seconds(60) { bench.worker.turn() }
    #expect(bench.time.monotonic - began < .seconds(10))
    bench.sample(95, to: 2)
    bench.settle(turns: 20)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1"])
    while bench.time.monotonic - began < .seconds(60) { bench.worker.turn() }
    #expect(bench.log.messages.contains { $0.hasPrefix("an open transaction hides the changelog's end") })
    #expect(bench.numbers.partitions == 1)
    #expect(bench.numbers.restoring == 2)
  }

  @Test("taking over from an instance with other rules is logged with its name; an instance's own new rules aren't")
  func otherRules() throws {
    let said = "another evaluator of this group had other rules in force here"
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    try bench.restart([held])
    bench.settle(turns: 10)
    try bench.restart([held], as: "there")
    bench.settle(turns: 10)
    #expect(!bench.log.messages.contains { $0.hasPrefix(said) })
    try bench.restart(as: "there")
    bench.settle(turns: 10)
    #expect(bench.log.messages.filter { $0.hasPrefix(said) }.count == 1)
    let line = bench.log.lines.first { $0.message.hasPrefix(said) }
    #expect(line?.metadata.facts.contains { "\($0)".contains("here") } == true)
  }

  /// A worker that has evaluated 100 samples, and has written no checkpoint for most of them.
  private func benchWithSamples(of cpu: Double) throws -> WorkerBench {
    var bench = try WorkerBench(checkpointInterval: .seconds(60))
    bench.assign(0)
    for second: Int64 in 0..<100 {
      bench.sample(cpu, second: second)
      bench.settle(turns: 3)
    }
    bench.settle(turns: 3)
    return bench
  }

  @Test("only records since the last checkpoint are replayed")
  func lowWater() throws {
    var bench = try benchWithSamples(of: 20)
    try bench.restart()
    bench.settle(turns: 10)
    #expect((1...60).contains(bench.numbers.replayed))
    #expect(bench.numbers.records == 0)
    #expect(bench.numbers.subjects == 1)
  }

  @Test("a worker isn't at rest while it replays; once it is, an alert whose rule is gone is resolved")
  func restsAfterReplay() throws {
    var bench = try benchWithSamples(of: 95)
    #expect(bench.current.count == 1)
    bench.cluster.batch = 1
    try bench.restart([])
    var isAtRest = false
    for _ in 0..<1000 where !isAtRest {
      bench.settle(turns: 1)
      isAtRest = bench.worker.isAtRest
    }
    #expect(isAtRest)
    #expect(bench.numbers.replayed > 0)
    #expect(bench.current.isEmpty)
  }

  @Test("nothing is produced or committed before the state is restored")
  func silence() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    bench.cluster.journal = []
    bench.fail(.readChangelog, .fails(.retry))
    try bench.restart()
    bench.settle(turns: 10)
    let began = try #require(bench.journal.firstIndex(of: .began))
    #expect(bench.journal[..<began] == [.accepted([0]), .started(0, at: 0)])
    #expect(bench.alerts.count == 1)
  }

  @Test("a restore waits for transaction markers that are still under way to the changelog")
  func lastStable() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.cluster.marksAtOnce = false
    bench.settle(turns: 4)
    #expect(bench.cluster.transactions.markersUnderWay > 0)
    try bench.restart()
    bench.settle(turns: 10)
    #expect(bench.numbers.restoring == 1)
    bench.cluster.marksAtOnce = true
    bench.cluster.arriveAll()
    bench.settle(turns: 10)
    #expect(bench.numbers.restoring == 0)
    #expect(bench.alerts.count == 1)
  }

  @Test(
    "the evaluator itself ends a commit whose markers a broker has lost, and nothing is lost or doubled",
    arguments: [true, false])
  func forgottenMarkers(groupIsTold: Bool) throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(20)
    bench.settle(turns: 5)
    bench.cluster.marksAtOnce = false
    bench.sample(95)
    bench.settle(turns: 4)
    let number = try #require(bench.cluster.transactions.live.first)
    // The marker for the group's offsets is the last one.
    if groupIsTold { bench.cluster.arrive(bench.cluster.transactions.markersUnderWay - 1) }
    bench.cluster.transactions.forget(number)
    bench.cluster.marksAtOnce = true
    let began = bench.time.monotonic
    try bench.restart()
    while bench.numbers.restoring > 0 || bench.numbers.partitions == 0, bench.time.monotonic - began < .seconds(60) {
      bench.worker.turn()
    }
    #expect(bench.time.monotonic - began < .seconds(3))
    #expect(bench.numbers.firing == 1)
    let said = "a transaction hides the changelog's end, as after a broker was killed"
    #expect(bench.log.messages.contains { $0.hasPrefix(said) })
    bench.sample(20)
    bench.settle(turns: 5)
    #expect(bench.alerts.map { $0.value.contains("resolved") } == [false, true])
    #expect(bench.current.isEmpty)
  }

  @Test("another producer's open transaction isn't ended, and little is written meanwhile")
  func openElsewhere() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    let position = try #require(bench.cluster.group.committed[0])
    bench.cluster.appendToChangelog(key: [1], value: nil, transaction: 77)
    bench.committedByStatusd(0, position + 1)
    bench.sample(96)
    try bench.restart()
    let (began, end) = (bench.time.monotonic, bench.cluster.changelog[0].end)
    while bench.time.monotonic - began < .seconds(25) { bench.worker.turn() }
    #expect(bench.numbers.partitions == 0)
    // Three records, each with a marker.
    #expect(bench.cluster.changelog[0].end - end == 6)
  }

  @Test("a partition that is revoked during its restore is released, and the next one is restored")
  func revoked() throws {
    var bench = try WorkerBench(partitions: 2)
    bench.assign(0, 1)
    for _ in 0..<8 { bench.fail(.committed, .fails(.retry)) }
    bench.settle(turns: 3)
    bench.revoke(0)
    bench.settle(turns: 20)
    bench.sample(95, to: 0)
    bench.sample(95, host: "web-2", to: 1)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-2"])
    #expect(bench.numbers.partitions == 1)
  }

  @Test(
    "rules that changed while no evaluator ran apply at the position: removed rules' alerts are resolved, others go on")
  func rulesChanged() throws {
    var bench = try bothFire()
    bench.sample(96)
    try bench.restart([busy])
    bench.settle(turns: 10)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1", "cpu-busy/web-1", "cpu-high/web-1"])
    #expect(bench.alerts.last?.value.contains(#""reason":"rule removed""#) == true)
    #expect(bench.current.keys.sorted() == ["cpu-busy/web-1"])
    try bench.restart([busy])
    bench.settle(turns: 10)
    #expect(bench.alerts.count == 3)
  }

  /// Without transactions the process can also die between the records of a delivery.
  @Test("a forgotten host's alert fires and ends once, whichever records of the delivery arrive", arguments: 0..<8)
  func forgottenInSteps(_ produced: Int) throws {
    var bench = try WorkerBench(isTransactional: false, checkpointInterval: .seconds(1))
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    bench.time.advance(by: .seconds(2))
    bench.settle(turns: 5)
    bench.sample(96)
    bench.append(nil)
    bench.fail(.produce, .crashesAfter, after: produced)
    bench.settle(turns: 5)
    try bench.restart()
    bench.settle(turns: 10)
    var seen: [String] = []
    for alert in bench.alerts where !seen.contains(alert.value) { seen.append(alert.value) }
    #expect(seen.count == 2)
    #expect(seen.last?.contains(#""reason":"forgotten""#) == true)
    #expect(bench.current.isEmpty)
  }

  /// Another host's checkpoint that arrived decides how far the replay goes. The transitions on the way are delivered
  /// again, all or none.
  @Test("alerts-current is right, whichever records of a delivery that forgets a host arrive", arguments: 0..<12)
  func currentInSteps(_ produced: Int) throws {
    var bench = try WorkerBench(isTransactional: false)
    bench.assign(0)
    bench.sample(20)
    bench.settle(turns: 5)
    bench.sample(96)
    bench.append(nil)
    bench.sample(95, host: "web-2")
    bench.fail(.produce, .crashesAfter, after: produced)
    bench.settle(turns: 5)
    try bench.restart()
    bench.settle(turns: 10)
    #expect(bench.current.keys.sorted() == ["cpu-high/web-2"])
  }

  @Test("alerts of removed rules are resolved in the transaction that puts the new rules into force")
  func endsWithRules() throws {
    var bench = try bothFire()
    bench.time.advance(by: .seconds(60))
    bench.settle(turns: 5)
    // Nothing must be replayed, and a delivery is due as soon as the partition is back.
    try bench.restart([busy])
    bench.time.advance(by: .seconds(2))
    bench.fail(.commit, .crashesAfter)
    bench.settle(turns: 10)
    try bench.restart([busy])
    bench.settle(turns: 10)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1", "cpu-busy/web-1", "cpu-high/web-1"])
    #expect(bench.current.keys.sorted() == ["cpu-busy/web-1"])
  }

  @Test("before rules change, all state under the old ones is written")
  func reload() throws {
    var bench = try WorkerBench([held])
    bench.assign(0)
    bench.sample(95, second: 0)
    bench.settle(turns: 5)
    var longer = held
    longer.hold = .seconds(40)
    bench.share.offer(SourceRules(RuleSet([longer])))
    bench.settle(turns: 5)
    try bench.restart([longer])
    bench.settle(turns: 5)
    #expect(bench.numbers.replayed == 0)
    for second: Int64 in 1..<43 {
      bench.sample(95, second: second)
      bench.settle(turns: 3)
    }
    #expect(bench.alerts.first?.value.contains(#""offset":40"#) == true)
  }

  @Test("the group's position counts if somebody moved it forward, and is ignored if it is behind")
  func groupMoved() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    for _ in 0..<4 { bench.sample(20) }
    bench.settle(turns: 5)
    bench.committedByStranger(0, 1)
    try bench.restart()
    bench.settle(turns: 5)
    #expect(bench.log.messages.contains { $0.contains("position is behind the changelog's") })
    #expect(bench.committed == [0: 4])
    for _ in 0..<4 { bench.sample(95) }
    bench.committedByStranger(0, 7)
    try bench.restart()
    bench.settle(turns: 5)
    let line = try #require(bench.log.lines.first { $0.message.contains("position was moved on") })
    #expect(line.metadata["from"] == .int(4))
    #expect(line.metadata["to"] == .int(7))
    #expect(line.metadata["last_evaluated"] == .time(bench.time(of: 3)))
    #expect(line.metadata["goes_on"] == .time(bench.time(of: 7)))
    #expect(bench.alerts.count == 1)
    #expect(bench.alerts.first?.value.contains(#""offset":7"#) == true)
  }

  @Test("positions that the group has lost are restored from the changelog, and committed again")
  func groupForgot() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    bench.cluster.group.committed = [:]
    try bench.restart()
    bench.settle(turns: 5)
    #expect(bench.committed == [0: 1])
    #expect(bench.numbers.records == 0)
  }

  @Test("a position passed by retention is logged; firing alerts keep firing", arguments: [true, false])
  func retention(whileRunning: Bool) throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    let last = bench.time(of: 0)
    for _ in 0..<5 { bench.sample(96) }
    bench.cluster.retain(from: 4)
    if !whileRunning { try bench.restart() }
    bench.settle(turns: 10)
    let line = try #require(bench.log.lines.first { $0.message.contains("retention passed the position") })
    #expect(line.metadata["from"] == .int(1))
    #expect(line.metadata["to"] == .int(4))
    #expect(line.metadata["last_evaluated"] == .time(last))
    #expect(line.metadata["goes_on"] == .time(bench.time(of: 4)))
    #expect(bench.numbers.skippedByRetention == 3)
    bench.sample(20)
    bench.settle(turns: 5)
    #expect(bench.alerts.count == 2)
  }

  @Test(
    "a topic that is deleted and created again is read from its beginning; firing alerts keep firing",
    arguments: [true, false])
  func recreated(whileRunning: Bool) throws {
    var bench = try WorkerBench()
    bench.assign(0)
    for _ in 0..<3 { bench.sample(95) }
    bench.settle(turns: 5)
    bench.cluster.recreateSource()
    // The new log is as long as the old one, so only the records show the difference.
    if !whileRunning { for _ in 0..<4 { bench.sample(96) } }
    if !whileRunning { try bench.restart() }
    bench.settle(turns: 10)
    #expect(bench.log.messages.contains { $0.contains("deleted and created again") })
    bench.sample(20)
    bench.settle(turns: 5)
    #expect(bench.alerts.count == 2)
    try bench.restart()
    bench.settle(turns: 5)
    #expect(bench.numbers.firing == 0)
    bench.sample(95)
    bench.settle(turns: 5)
    #expect(bench.alerts.count == 3)
  }
}
