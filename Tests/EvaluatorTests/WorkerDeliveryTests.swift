import Platform
import Testing

@testable import Evaluator

@Suite("A worker's deliveries")
struct WorkerDeliveryTests {
  @Test("transitions are acknowledged first, then the positions are committed")
  func order() throws {
    var bench = try WorkerBench()
    bench.cluster.assign(0)
    bench.sample(20)
    bench.sample(95)
    bench.settle(turns: 5)
    #expect(
      bench.cluster.journal.prefix(6) == [
        .assigned([0: nil]), .began, .produced(key: "cpu-high/web-1"), .acknowledged(1), .committed([0: 2]),
      ])
    #expect(bench.cluster.alerts.count == 1)
    #expect(bench.numbers.transitions == 1)
    #expect(bench.numbers.firing == 1)
    #expect(bench.numbers.undelivered == 0)
  }

  @Test("a transition doesn't wait for the commit interval")
  func atOnce() throws {
    var bench = try WorkerBench()
    bench.cluster.assign(0)
    bench.settle(turns: 3)
    bench.sample(95)
    let arrived = bench.time.monotonic
    bench.worker.turn()
    bench.worker.turn()
    #expect(bench.cluster.alerts.count == 1)
    #expect(bench.time.monotonic - arrived == .zero)
  }

  @Test("positions alone are committed once in each commit interval")
  func interval() throws {
    var bench = try WorkerBench()
    bench.cluster.assign(0)
    bench.settle(turns: 3)
    let before = bench.numbers.commits
    for _ in 0..<40 {
      bench.sample(20, after: .milliseconds(100))
      bench.worker.turn()
    }
    #expect((3...5).contains(bench.numbers.commits - before))
  }

  @Test("behind the marker of a transaction the end's position is committed, so that an idle topic shows no lag")
  func marker() throws {
    var bench = try WorkerBench()
    bench.cluster.assign(0)
    bench.sample(20)
    bench.cluster.appendMarker()
    bench.settle(turns: 10)
    #expect(bench.cluster.groupOffsets == [0: 2])
    #expect(bench.numbers.lag == 0)
  }

  @Test("when the producer is lost the same transitions are sent again")
  func sentAgain() throws {
    var bench = try WorkerBench()
    bench.cluster.assign(0)
    bench.sample(95)
    bench.cluster.fail(.commit, .deliverAgain)
    bench.settle(turns: 10)
    let produced = bench.cluster.journal.filter { $0 == .produced(key: "cpu-high/web-1") }
    #expect(produced.count == 2)
    #expect(bench.cluster.alerts.count == 1)
    #expect(bench.cluster.groupOffsets == [0: 1])
    #expect(bench.numbers.transitions == 1)
  }

  @Test("a call that may be repeated is repeated alone")
  func repeated() throws {
    var bench = try WorkerBench()
    bench.cluster.assign(0)
    bench.sample(95)
    bench.cluster.fail(.produce, .retry)
    bench.cluster.fail(.sendOffsets, .retry)
    bench.cluster.fail(.commit, .retry)
    bench.settle(turns: 20)
    #expect(bench.cluster.journal.filter { $0 == .began }.count == 1)
    #expect(bench.cluster.alerts.count == 1)
  }

  @Test("while brokers don't acknowledge, nothing is fetched and it is said")
  func silence() throws {
    var bench = try WorkerBench()
    bench.cluster.assign(0)
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
    #expect(bench.cluster.alerts.count == 2)
    #expect(bench.cluster.groupOffsets == [0: 2])
    #expect(bench.log.messages.contains { $0.contains("delivered again") })
  }

  @Test("stopping delivers what there is, commits and leaves the group")
  func stop() throws {
    var bench = try WorkerBench()
    bench.cluster.assign(0)
    bench.worker.turn()
    bench.sample(95)
    bench.worker.turn()
    bench.share.stop(by: bench.time.monotonic + .seconds(3))
    bench.worker.run()
    #expect(bench.cluster.alerts.count == 1)
    #expect(bench.cluster.groupOffsets == [0: 1])
    #expect(bench.cluster.journal.last == .closed)
    #expect(bench.share.undone == 0)
  }

  @Test("stopping while brokers are silent ends in time and counts what wasn't done")
  func stopInSilence() throws {
    var bench = try WorkerBench()
    bench.cluster.assign(0)
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
}
