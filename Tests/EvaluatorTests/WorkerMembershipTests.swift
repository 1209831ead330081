import Platform
import Records
import SimulatedKafka
import Testing

@testable import Evaluator

/// A worker that comes back under its name, and a worker whose name another process takes.
@Suite("A worker's place in the group")
struct WorkerMembershipTests {
  @Test("a worker takes over the transactional id before it joins the group")
  func takesOverFirst() throws {
    let cluster = SimulatedCluster(time: ManualTime())
    let member = cluster.newMember("here")
    var log = SimulatedLog(cluster, member)
    cluster.faults = { call, _ in call == .takeOver ? .fails(.retry) : nil }
    #expect(throws: LogFailure.self) { try log.takeOver(until: cluster.time.monotonic) }
    #expect(cluster.group.members.isEmpty)
    cluster.faults = nil
    try log.takeOver(until: cluster.time.monotonic)
    #expect(cluster.group.members.map(\.id) == [member.id])
  }

  @Test("a worker that comes back gets its partition at once, without a rebalance")
  func comesBack() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 5)
    bench.sample(95)
    bench.settle(turns: 5)
    let generation = bench.cluster.group.generation
    try bench.comeBack()
    bench.settle(turns: 5)
    #expect(bench.cluster.group.generation == generation)
    bench.sample(20)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.value).count == 2)
    #expect(bench.numbers.partitions == 1)
  }

  @Test("a predecessor's late request replaces a worker only for a moment: it joins again")
  func lateRequest() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 5)
    let ghost = bench.cluster.join("here")
    ghost.isDead = true
    bench.settle(turns: 5)
    #expect(bench.worker.end == nil)
    #expect(bench.cluster.group.members.map(\.id) == [bench.member.id])
    bench.sample(95)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1"])
  }

  @Test("a replaced worker asks again until brokers say who holds its name")
  func asksAgain() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 5)
    for _ in 0..<3 { bench.fail(.rejoin, .fails(.retry)) }
    bench.cluster.join("here").isDead = true
    bench.settle(turns: 20)
    #expect(bench.cluster.group.members.map(\.id) == [bench.member.id])
  }

  @Test("a process with the same name also replaces a worker that has nothing to deliver")
  func replacedForGood() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 5)
    var other = SimulatedLog(bench.cluster, bench.cluster.newMember("here"))
    try other.takeOver(until: bench.time.monotonic)
    bench.settle(turns: 5)
    #expect(bench.worker.end == .replaced)
    #expect(bench.log.lines.filter { $0.level == .critical }.count == 1)
    bench.worker.run()
    #expect(bench.cluster.group.members.count == 1)
  }

  @Test("a worker that needs a person leaves the group; one that is told to stop keeps its place")
  func leaves() throws {
    for isStuck in [true, false] {
      var bench = try WorkerBench()
      if isStuck { bench.fail(.openChangelog, .fails(.stop)) }
      bench.assign(0)
      bench.settle(turns: 5)
      bench.share.stop(by: bench.time.monotonic + .seconds(3))
      let cluster = bench.cluster
      bench.worker.run()
      #expect(cluster.group.members.count == (isStuck ? 0 : 1))
    }
  }

  @Test("a worker that leaves for good leaves the group")
  func leavesForGood() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 5)
    bench.share.leavesForGood = true
    bench.share.stop(by: bench.time.monotonic + .seconds(3))
    let cluster = bench.cluster
    bench.worker.run()
    #expect(cluster.group.members.isEmpty)
  }

  // MARK: blind_ms

  @Test("blind_ms is the age of the oldest record that waited for the assignment, 0 if none waited")
  func blind() throws {
    var bench = try WorkerBench()
    bench.sample(20)
    bench.time.advance(by: .seconds(7))
    bench.sample(20, after: .zero)
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.numbers.blind >= 7000)
    #expect(bench.numbers.blind < 8000)
    #expect(bench.numbers.fields.contains { $0.name == "blind_ms" && $0.value == Double(bench.numbers.blind) })
    // A later record didn't wait for the assignment, however late it is evaluated.
    let before = bench.numbers.blind
    bench.sample(20)
    bench.time.advance(by: .seconds(60))
    bench.settle(turns: 5)
    #expect(bench.numbers.blind == before)
    // The next assignment resets it.
    bench.revoke(0)
    bench.settle(turns: 5)
    bench.assign(0)
    bench.settle(turns: 5)
    bench.sample(20, after: .seconds(30))
    bench.settle(turns: 5)
    #expect(bench.numbers.blind == 0)
  }

  @Test("replayed records don't count as having waited")
  func blindAfterReplay() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 5)
    bench.sample(20)
    bench.settle(turns: 3)
    bench.time.advance(by: .seconds(20))
    try bench.comeBack()
    bench.settle(turns: 5)
    #expect(bench.numbers.replayed == 1)
    #expect(bench.numbers.blind == 0)
  }

  @Test("blind_ms of several workers is their maximum")
  func blindOfAll() {
    var sum = EvaluatorNumbers(lag: 0)
    for blind: Int64 in [3, 9, 4] {
      var numbers = EvaluatorNumbers()
      numbers.blind = blind
      sum.add(numbers)
    }
    #expect(sum.blind == 9)
  }
}
