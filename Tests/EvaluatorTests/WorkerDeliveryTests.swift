import Platform
import SimulatedKafka
import Testing

@testable import Evaluator

@Suite("A worker's deliveries")
struct WorkerDeliveryTests {
  /// The worker's calls since the last delivery began, without the keys of state.
  private func steps(_ bench: borrowing WorkerBench) -> [SimulatedCluster.Entry] {
    let start = bench.journal.lastIndex(of: .began) ?? bench.journal.startIndex
    return bench.journal[start...].map { entry in
      if case .produced(.changelog(let number), _) = entry { return .produced(.changelog(number), key: "") }
      return entry
    }
  }

  @Test("a delivery is one transaction: transitions, alerts-current, state, positions")
  func transaction() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(20)
    bench.sample(95)
    bench.settle(turns: 2)
    #expect(
      steps(bench) == [
        .began, .produced(.results, key: "cpu-high/web-1"), .produced(.alertsCurrent, key: "cpu-high/web-1"),
        .produced(.changelog(0), key: ""), .produced(.changelog(0), key: ""), .sentOffsets([0: 2]),
        .committed([0: 2]),
      ])
    #expect(bench.alerts.count == 1)
    #expect(bench.numbers.transitions == 1)
    #expect(bench.numbers.firing == 1)
    #expect(bench.numbers.undelivered == 0)
  }

  @Test(
    "without transactions each stage is acknowledged before the next: transitions, alerts-current, state, positions")
  func order() throws {
    var bench = try WorkerBench(isTransactional: false)
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(95)
    bench.settle(turns: 2)
    #expect(
      steps(bench) == [
        .began, .produced(.results, key: "cpu-high/web-1"), .flushed,
        .produced(.alertsCurrent, key: "cpu-high/web-1"), .flushed, .produced(.changelog(0), key: ""),
        .produced(.changelog(0), key: ""), .flushed, .sentOffsets([0: 1]), .committed([0: 1]),
      ])
  }

  @Test("a firing alert is in alerts-current until it is resolved")
  func current() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.sample(95, host: "web-2")
    bench.settle(turns: 5)
    #expect(bench.current.keys.sorted() == ["cpu-high/web-1", "cpu-high/web-2"])
    #expect(bench.current["cpu-high/web-1"] == bench.alerts.first?.value)
    bench.sample(20)
    bench.settle(turns: 5)
    #expect(bench.current.keys.sorted() == ["cpu-high/web-2"])
  }

  @Test("a transition doesn't wait for the commit interval")
  func atOnce() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(95)
    let arrived = bench.time.monotonic
    bench.worker.turn()
    bench.worker.turn()
    #expect(bench.alerts.count == 1)
    #expect(bench.time.monotonic - arrived == .zero)
  }

  @Test("positions alone are committed once in each commit interval")
  func interval() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 3)
    let before = bench.numbers.commits
    for _ in 0..<40 {
      bench.sample(20, after: .milliseconds(100))
      bench.worker.turn()
    }
    #expect((3...5).contains(bench.numbers.commits - before))
  }

  @Test("a position after a final transaction marker is committed, so that an idle topic shows no lag")
  func marker() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(20)
    bench.cluster.appendMarker()
    bench.settle(turns: 10)
    #expect(bench.committed == [0: 2])
    #expect(bench.numbers.lag == 0)
  }

  @Test("after an abort the same bytes and positions are delivered again")
  func sentAgain() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(95)
    bench.fail(.commit, .fails(.deliverAgain))
    bench.settle(turns: 10)
    let produced = bench.cluster.alerts.entries.filter { !$0.isMarker }
    #expect(produced.count == 2)
    #expect(produced.first?.value == produced.last?.value)
    #expect(bench.alerts.count == 1)
    #expect(bench.committed == [0: 1])
    #expect(bench.numbers.transitions == 1)
  }

  @Test("after a retriable error only the failed call is repeated")
  func repeated() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(95)
    bench.fail(.produce, .fails(.retry))
    bench.fail(.sendOffsets, .failsAfter(.retry))
    bench.fail(.commit, .fails(.retry))
    bench.settle(turns: 20)
    #expect(bench.cluster.alerts.entries.count { !$0.isMarker } == 1)
    #expect(bench.alerts.count == 1)
  }

  @Test(
    "if a delivery's result is unknown, the state is restored, and the changelog shows whether it was committed",
    arguments: [SimulatedFault.fails(.restore), .failsAfter(.restore)])
  func unknown(_ fault: SimulatedFault) throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(95)
    bench.fail(.commit, fault)
    bench.settle(turns: 10)
    bench.sample(20)
    bench.settle(turns: 10)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1", "cpu-high/web-1"])
    #expect(bench.current.isEmpty)
    #expect(bench.log.messages.contains { $0.contains("nobody knows what became of a delivery") })
  }

  @Test("a delivery that the group refuses is aborted, and delivered again for the partitions still held")
  func refused() throws {
    var bench = try WorkerBench(partitions: 2)
    bench.assign(0, 1)
    bench.settle(turns: 3)
    bench.sample(95, host: "web-1", to: 0)
    bench.sample(95, host: "web-2", to: 1)
    bench.worker.turn()
    bench.fail(.sendOffsets, .fails(.deliverAgain))
    bench.worker.turn()
    bench.revoke(0, lost: true)
    bench.settle(turns: 10)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-2"])
    #expect(bench.current.keys.sorted() == ["cpu-high/web-2"])
  }

  @Test("a worker ends for good if another process has taken its name")
  func fenced() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 3)
    var other = SimulatedLog(bench.cluster, bench.cluster.join("here"))
    try other.takeOver(until: bench.time.monotonic)
    bench.sample(95)
    bench.settle(turns: 3)
    #expect(bench.worker.end == .replaced)
    #expect(bench.alerts.isEmpty)
    #expect(bench.log.lines.filter { $0.level == .critical }.count == 1)
    bench.worker.run()
  }

  @Test("while brokers don't acknowledge, nothing is fetched, and the log says so")
  func silence() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(95)
    bench.cluster.isSilent = true
    bench.settle(turns: 5)
    bench.sample(20)
    bench.settle(turns: 5)
    #expect(bench.numbers.records == 1)
    #expect(bench.numbers.undelivered == 1)
    #expect(bench.log.messages.contains { $0.contains("haven't acknowledged") })
    bench.cluster.isSilent = false
    bench.settle(turns: 10)
    #expect(bench.alerts.count == 2)
    #expect(bench.committed == [0: 2])
    #expect(bench.log.messages.contains { $0.contains("delivered again") })
  }

  @Test("stopping delivers the outbox, commits and closes the log")
  func stop() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.worker.turn()
    bench.sample(95)
    bench.worker.turn()
    bench.share.stop(by: bench.time.monotonic + .seconds(3))
    bench.worker.run()
    #expect(bench.cluster.alerts.committed.count == 1)
    #expect(bench.cluster.group.committed == [0: 1])
    #expect(bench.cluster.journal?.last == .closed)
    #expect(bench.share.undone == 0)
  }

  @Test("stopping while brokers are silent ends in time, with the number of undelivered records")
  func stopInSilence() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.worker.turn()
    bench.sample(95)
    bench.cluster.isSilent = true
    bench.worker.turn()
    let deadline = bench.time.monotonic + .seconds(3)
    bench.share.stop(by: deadline)
    bench.worker.run()
    #expect(bench.time.monotonic <= deadline)
    #expect(bench.share.undone == 2)
    #expect(bench.log.messages.contains("stopped before everything was delivered"))
  }

  @Test("a delivery with an unknown result counts as undelivered until its partition is restored")
  func stopInDoubt() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.worker.turn()
    bench.sample(95)
    bench.worker.turn()
    bench.fail(.commit, .fails(.restore))
    bench.worker.turn()
    #expect(bench.share.undone == 2)
    bench.settle(turns: 10)
    #expect(bench.share.undone == 0)
    bench.sample(20)
    for _ in 0..<10 where !bench.log.messages.contains("alert is resolved") { bench.worker.turn() }
    bench.fail(.commit, .fails(.restore))
    bench.share.stop(by: bench.time.monotonic + .seconds(3))
    bench.worker.run()
    #expect(bench.share.undone == 2)
    #expect(bench.log.messages.contains("stopped before everything was delivered"))
  }

  /// The number of deliveries for ten batches. Each has two records that fire, and takes this long to fetch.
  private func deliveries(taking: Duration) throws -> Int {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.settle(turns: 5)
    bench.cluster.batch = 2
    let time = bench.time
    bench.cluster.faults = { call, _ in
      if call == .fetch { time.advance(by: taking) }
      return nil
    }
    for number in 0..<20 { bench.sample(95, host: "web-\(number)", after: .zero) }
    let before = bench.journal.count { $0 == .began }
    bench.settle(turns: 40)
    #expect(bench.alerts.count == 20)
    return bench.journal.count { $0 == .began } - before
  }

  @Test("while a backlog waits, several batches share a delivery, for 50 ms at most")
  func gathers() throws {
    // The first batch at once, all others together, then the last positions.
    #expect(try deliveries(taking: .milliseconds(1)) == 3)
    // The first batch alone, then three at a time.
    #expect(try deliveries(taking: .milliseconds(20)) == 5)
    // Each batch alone.
    #expect(try deliveries(taking: .milliseconds(60)) == 11)
  }
}
