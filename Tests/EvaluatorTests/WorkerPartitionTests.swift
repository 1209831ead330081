import Platform
import Rules
import SimulatedKafka
import Testing

@testable import Evaluator

@Suite("A worker's partitions")
struct WorkerPartitionTests {
  @Test("a new group begins at the beginning of the log")
  func beginning() throws {
    var bench = try WorkerBench()
    bench.sample(20)
    bench.sample(20)
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.numbers.records == 2)
  }

  @Test("a group that has committed goes on from there")
  func committed() throws {
    var bench = try WorkerBench()
    bench.committedByStatusd(0, 1)
    bench.sample(20)
    bench.sample(20)
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.journal.contains(.started(0, at: 1)))
    #expect(bench.numbers.records == 1)
  }

  @Test("while brokers don't say what is committed it is asked again, and nothing is read")
  func committedLater() throws {
    var bench = try WorkerBench()
    bench.fail(.committed, .fails(.retry))
    bench.fail(.committed, .fails(.retry))
    bench.sample(20)
    bench.assign(0)
    let start = bench.time.monotonic
    bench.settle(turns: 2)
    #expect(bench.numbers.records == 0)
    bench.settle(turns: 5)
    #expect(bench.numbers.records == 1)
    #expect(bench.time.monotonic - start >= .milliseconds(400))
  }

  @Test("a record that is delivered twice, or of a partition that isn't held, is left out")
  func strays() throws {
    var bench = try WorkerBench(partitions: 2)
    bench.assign(0)
    bench.sample(20)
    bench.sample(20)
    bench.sample(95, to: 1)
    bench.settle(turns: 5)
    bench.cluster.strays = [
      (0, bench.cluster.source[0].entries[1]), (1, bench.cluster.source[1].entries[0]),
      (7, bench.cluster.source[1].entries[0]),
    ]
    bench.worker.turn()
    #expect(bench.numbers.records == 2)
    #expect(bench.numbers.dropped == 3)
    #expect(bench.alerts.isEmpty)
  }

  @Test("brokers that need a moment to say where to read from are no warning; only what goes on is one")
  func slowToSettle() throws {
    var bench = try WorkerBench()
    for _ in 0..<70 { bench.fail(.committed, .fails(.retry)) }
    bench.assign(0)
    let began = bench.time.monotonic
    var warned: Duration?
    for _ in 0..<100 where bench.numbers.partitions == 0 {
      bench.worker.turn()
      if warned == nil, bench.log.lines.contains(where: { $0.level == .warning }) {
        warned = bench.time.monotonic - began
      }
    }
    #expect(bench.numbers.partitions == 1)
    #expect(try #require(warned) >= .seconds(10))
    let said = bench.log.lines.filter { $0.message.contains("don't answer questions") }
    #expect(said.map(\.level) == [.info, .warning])
  }

  @Test("a source topic that may not be read is said, not committed, and tried again; what can be read goes on")
  func unreadable() throws {
    var bench = try WorkerBench(partitions: 2)
    bench.cluster.unreadable = [0]
    bench.assign(0, 1)
    bench.settle(turns: 5)
    bench.sample(95, to: 0)
    bench.sample(95, host: "web-2", to: 1)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-2"])
    #expect(bench.committed == [1: 1])
    #expect(bench.log.messages.filter { $0.hasPrefix("brokers don't let this evaluator read") }.count == 1)
    bench.cluster.unreadable = []
    bench.time.advance(by: .seconds(61))
    bench.settle(turns: 10)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-2", "cpu-high/web-1"])
  }

  @Test("partitions that are handed over are delivered and committed first")
  func handOver() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.worker.turn()
    bench.sample(95)
    bench.cluster.isSilent = false
    bench.worker.turn()
    bench.revoke(0)
    bench.worker.turn()
    #expect(bench.journal.suffix(2) == [.committed([0: 1]), .unassigned([0])])
    #expect(bench.numbers.partitions == 0)
  }

  @Test("handing over to the group isn't held up for ever by brokers that are silent")
  func handOverInSilence() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.worker.turn()
    bench.sample(95)
    bench.worker.turn()
    bench.cluster.isSilent = true
    bench.revoke(0)
    let start = bench.time.monotonic
    bench.worker.turn()
    let letGo = try #require(bench.cluster.lastUnassigned)
    #expect((.seconds(5)..<(.seconds(6))).contains(letGo - start))
    #expect(bench.log.messages.contains { $0.contains("before its positions could be committed") })
  }

  @Test("of partitions that are lost nothing more is sent or committed")
  func lost() throws {
    var bench = try WorkerBench(partitions: 2)
    bench.assign(0, 1)
    bench.worker.turn()
    bench.sample(95, host: "web-1", to: 0)
    bench.sample(95, host: "web-2", to: 1)
    bench.worker.turn()
    bench.cluster.isSilent = true
    bench.worker.turn()
    bench.revoke(0, lost: true)
    bench.cluster.isSilent = false
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-2"])
    #expect(bench.committed[1] == 1)
    #expect(bench.committed[0] != 1)
    // Why isn't known here, and nothing is claimed.
    #expect(bench.log.messages.contains("\(LossCause.unknown.sentence)"))
  }

  @Test("each cause for which a partition is lost has words of its own, and none blames another where it isn't known")
  func lossCauses() {
    let sentences = [LossCause.brokersAway, .topicGone, .unknown].map { "\($0.sentence)" }
    #expect(Set(sentences).count == 3)
    #expect(sentences.allSatisfy { $0.hasPrefix("partition is lost: ") })
    #expect(sentences[0].contains("brokers were away"))
    #expect(sentences[1].contains("topic"))
    #expect(sentences[2].contains("may have given"))
  }

  @Test("retention that passed the position: on from the log's start, and it is said from where to where")
  func retention() throws {
    var bench = try WorkerBench()
    for _ in 0..<10 { bench.sample(20) }
    bench.committedByStatusd(0, 2)
    bench.cluster.retain(from: 7)
    bench.assign(0)
    bench.settle(turns: 6)
    #expect(bench.numbers.records == 3)
    #expect(bench.numbers.skippedByRetention == 5)
    let line = try #require(bench.log.lines.first { $0.message.contains("retention") })
    #expect(line.metadata["from"] == .int(2))
    #expect(line.metadata["to"] == .int(7))
    #expect(line.metadata["goes_on"] == .time(bench.time(of: 7)))
  }

  @Test("a position behind the end of the log: it is another log, read from its beginning")
  func anotherLog() throws {
    var bench = try WorkerBench()
    bench.sample(20)
    bench.committedByStatusd(0, 100)
    bench.assign(0)
    bench.settle(turns: 6)
    #expect(bench.numbers.records == 1)
    #expect(bench.committed == [0: 1])
  }

  @Test("a record without a key in a topic of several partitions belongs to its partition, and that is said once")
  func keyless() throws {
    var bench = try WorkerBench(partitions: 2)
    bench.assign(0, 1)
    for partition: Int32 in [0, 1, 1] {
      bench.append(#"{"host":"web-1","cpu_usage":95}"#, key: nil, to: partition)
    }
    bench.settle(turns: 5)
    #expect(Set(bench.alerts.map(\.key)) == ["cpu-high/web-1#0", "cpu-high/web-1#1"])
    #expect(bench.log.messages.filter { $0.contains("without a key") }.count == 1)
  }

  @Test("in a topic of one partition a record needs no key")
  func keylessAlone() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.append(#"{"host":"web-1","cpu_usage":95}"#, key: nil)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1"])
    #expect(!bench.log.messages.contains { $0.contains("without a key") })
  }
}
