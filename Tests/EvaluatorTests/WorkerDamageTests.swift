import Platform
import Records
import Rules
import SimulatedKafka
import Testing

@testable import Evaluator

@Suite("A worker whose changelog or log is damaged")
struct WorkerDamageTests {
  @Test("an unusable changelog record is logged, its series begin anew, and others aren't affected")
  func damaged() throws {
    var bench = try WorkerBench(checkpointInterval: .seconds(1))
    bench.assign(0)
    for host in ["web-1", "web-2"] { bench.sample(95, host: host) }
    bench.settle(turns: 5)
    bench.sample(95, host: "web-3", after: .seconds(2))
    bench.settle(turns: 10)
    let checkpoint = try #require(
      bench.cluster.changelog[0].committed.first {
        $0.key?.first == UInt8(ascii: "c") && $0.key?.last == UInt8(ascii: "1")
      })
    bench.cluster.appendToChangelog(key: checkpoint.key, value: [1, 2, 3])
    try bench.restart()
    bench.settle(turns: 10)
    let line = try #require(bench.log.lines.first { $0.message.contains("can't be used") })
    #expect(line.metadata["partition"] == .int(0))
    #expect(bench.numbers.firing == 2)
    #expect(bench.numbers.unusableCheckpoints == 1)
  }

  /// The last changelog record whose key begins with this letter.
  private func newest(_ kind: Character, of bench: borrowing WorkerBench) throws -> (key: [UInt8], value: [UInt8]) {
    let entry = bench.cluster.changelog[0].committed.last { $0.key?.first == kind.asciiValue && $0.value != nil }
    return try (#require(entry?.key), #require(entry?.value))
  }

  @Test("a checkpoint beyond the log's end is unusable: it is logged and counted, and the partition goes on")
  func checkpointBeyondEnd() throws {
    var bench = try WorkerBench(checkpointInterval: .seconds(1))
    bench.assign(0)
    bench.sample(95, host: "web-2")
    bench.settle(turns: 5)
    bench.sample(95)
    bench.settle(turns: 5)
    let checkpoint = try newest("c", of: bench)
    let late = checkpoint.value.withUnsafeBytes { value in
      checkpoint.key.withUnsafeBytes { PlantedMistake.checkpoint(value, $0, movedBy: 1_000_000) }
    }
    bench.cluster.appendToChangelog(key: checkpoint.key, value: late)
    try bench.restart()
    bench.settle(turns: 10)
    #expect(bench.numbers.unusableCheckpoints == 1)
    let line = try #require(bench.log.lines.first { $0.message.contains("can't be used") })
    #expect(line.metadata["reason"] == .string("refers to offset 1000002, but its partition ends at 2"))
    #expect(bench.numbers.firing == 1)
    bench.sample(20)
    bench.sample(95)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-2", "cpu-high/web-1", "cpu-high/web-1"])
    #expect(bench.committed == [0: 4])
  }

  @Test("a marker beyond the log's end is unusable: the partition goes on after the last record")
  func markerBeyondEnd() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    let (key, value) = try newest("m", of: bench)
    var writer = BinaryWriter()
    try key.withUnsafeBytes { key in
      var marker = try value.withUnsafeBytes { try Marker($0, key: key) }
      marker.position += 1_000_000
      marker.write(to: &writer, key: key)
    }
    bench.cluster.appendToChangelog(key: key, value: writer.bytes)
    try bench.restart()
    bench.settle(turns: 10)
    #expect(bench.numbers.unusableCheckpoints == 1)
    #expect(bench.log.messages.contains { $0.hasPrefix("the changelog's position is beyond the partition's end") })
    #expect(bench.numbers.firing == 1)
    bench.sample(20)
    bench.settle(turns: 5)
    #expect(bench.alerts.count == 2)
    #expect(bench.committed == [0: 2])
  }

  @Test("a log that is created anew during the replay is read from its beginning, and firing alerts keep firing")
  func cutWhileReplaying() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    for _ in 0..<4 { bench.sample(95) }
    bench.settle(turns: 5)
    bench.cluster.batch = 1
    try bench.restart()
    for _ in 0..<50 where bench.numbers.partitions == 0 { bench.worker.turn() }
    bench.cluster.recreateSource()
    bench.settle(turns: 10)
    #expect(bench.numbers.firing == 1)
    bench.sample(20)
    bench.settle(turns: 10)
    #expect(bench.alerts.count == 2)
  }

  @Test("statusd's own subjects that have moved to another topic are forgotten once, at the first start that knows it")
  func moved() throws {
    var bench = try WorkerBench(ownTopic: nil)
    bench.assign(0)
    bench.sample(95, host: "statusd@web-1")
    bench.sample(95)
    bench.settle(turns: 5)
    #expect(bench.current.count == 2)
    bench.ownTopic = 1
    for _ in 0..<2 {
      try bench.restart()
      bench.settle(turns: 10)
      #expect(bench.current.keys.sorted() == ["cpu-high/web-1"])
      #expect(bench.alerts.count == 3)
    }
    #expect(bench.alerts.last?.value.contains(#""reason":"forgotten""#) == true)
  }

  @Test("several groups share a changelog, and each sees its own")
  func foreign() throws {
    var bench = try WorkerBench()
    bench.cluster.appendToChangelog(key: Array("m\u{5}other\u{c}status_topic\u{0}".utf8), value: [9])
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    #expect(bench.alerts.count == 1)
    #expect(bench.numbers.unusableCheckpoints == 0)
  }
}
