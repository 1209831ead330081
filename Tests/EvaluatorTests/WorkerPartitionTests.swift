import Platform
import Rules
import SimulatedKafka
import Testing

@testable import Evaluator

@Suite("A worker's partitions")
struct WorkerPartitionTests {
  @Test("a new group that starts at time 0 begins with the first record of the log")
  func beginning() throws {
    var bench = try WorkerBench()
    bench.sample(20)
    bench.sample(20)
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.numbers.records == 2)
  }

  @Test("a group continues at its committed position")
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

  @Test("until brokers return the committed position, it is requested again, and nothing is read")
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

  @Test("a repeated record, or one of a partition that isn't held, is dropped")
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

  @Test("a warning is logged only if brokers don't return the committed position for 10 s")
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

  @Test("an unreadable partition is logged, not committed, and tried again; readable ones go on")
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

  @Test("a partition that may not be read any more, while it is evaluated, silences no other")
  func unreadableLater() throws {
    var bench = try WorkerBench(partitions: 2)
    bench.assign(0, 1)
    bench.settle(turns: 5)
    bench.cluster.unreadable = [0]
    bench.sample(95, to: 0)
    bench.sample(95, host: "web-2", to: 1)
    for _ in 0..<20 {
      bench.settle(turns: 2)
      bench.time.advance(by: .seconds(2))
    }
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-2"])
    bench.sample(10, host: "web-2", to: 1)
    bench.settle(turns: 10)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-2", "cpu-high/web-2"])
    #expect(bench.log.messages.contains { $0.hasPrefix("brokers don't let this evaluator read") })
    // What it missed comes once it may read again, once.
    bench.cluster.unreadable = []
    bench.time.advance(by: .seconds(61))
    bench.settle(turns: 10)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-2", "cpu-high/web-2", "cpu-high/web-1"])
  }

  @Test("revoked partitions are delivered and committed before they are handed over")
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

  @Test("silent brokers delay the hand-over of a partition for 5 s at most")
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

  @Test("nothing more is sent or committed for lost partitions")
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
    // The cause is unknown here, so the log names none.
    #expect(bench.log.messages.contains("\(LossCause.unknown.sentence)"))
  }

  @Test("each cause of a lost partition has its own sentence, and an unknown cause blames nobody for certain")
  func lossCauses() {
    let sentences = [LossCause.brokersAway, .topicGone, .unknown].map { "\($0.sentence)" }
    #expect(Set(sentences).count == 3)
    #expect(sentences.allSatisfy { $0.hasPrefix("partition is lost: ") })
    #expect(sentences[0].contains("brokers were away"))
    #expect(sentences[1].contains("topic"))
    #expect(sentences[2].contains("may have given"))
  }

  @Test("if retention passed the position, reading continues at the log's start, and the skipped range is logged")
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

  @Test("a position beyond the log's end means another log, which is read from its beginning")
  func anotherLog() throws {
    var bench = try WorkerBench()
    bench.sample(20)
    bench.committedByStatusd(0, 100)
    bench.assign(0)
    bench.settle(turns: 6)
    #expect(bench.numbers.records == 1)
    #expect(bench.committed == [0: 1])
  }

  @Test("a record without a key in a topic of several partitions gets a subject of its partition, logged once")
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

  @Test("a record needs no key in a topic of one partition")
  func keylessAlone() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.append(#"{"host":"web-1","cpu_usage":95}"#, key: nil)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1"])
    #expect(!bench.log.messages.contains { $0.contains("without a key") })
  }
}
