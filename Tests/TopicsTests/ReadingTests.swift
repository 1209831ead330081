import Kafka
import Platform
import TestSupport
import Testing

@testable import Topics

/// Keeps the records of a history.
private struct Seen: HistoryReceiver {
  var values: [Int32: [String]] = [:]
  var expected = 0
  var count: Int { values.values.map(\.count).reduce(0, +) }

  mutating func expect(_ record: Message, of partition: Int32) { expected += 1 }
  mutating func receive(_ record: Message, of partition: Int32) {
    values[partition, default: []].append(record.value.map { String(decoding: $0, as: UTF8.self) } ?? "null")
  }
  mutating func receiveEnd(of partition: Int32, position: Int64) {}
}

/// Fills partition `partition` of `t` with `values`.
private func fill(_ cluster: MockCluster, _ values: [String], partition: Int32 = 0) throws {
  let writer = try TopicWriter(on: cluster.brokers)
  for value in values { try writer.write(value, to: "t", partition: partition) }
  try writer.flush()
}

@Suite("A topic's history", .timeLimit(.minutes(2)), .waits)
struct HistoryTests {
  @Test("has all records of the topic, each partition in order, and no later ones")
  func all() throws {
    let cluster = try cluster(partitions: 3)
    let values = (0..<2500).map { "\($0)" }
    try fill(cluster, values)
    try fill(cluster, ["a", "b"], partition: 2)
    try onOwnThread {
      try History.open(configuration(cluster), topic: "t", signals: Signals(), log: silent) { history in
        let stretch = try history.stretch(from: .beginning, to: .now)
        #expect(stretch == [0: 0..<2500, 1: 0..<0, 2: 0..<2])
        #expect(history.partitionCount == 3)
        try fill(cluster, ["later"], partition: 1)
        var seen = Seen()
        let ending = try history.read(stretch, into: &seen) { _ in true }
        #expect(ending.problem(topic: "t") == nil)
        #expect(seen.values == [0: values, 2: ["a", "b"]])
        #expect(seen.expected > 0)
      }
    }
  }

  @Test("ends when its receiver wants no more, and says that it isn't complete")
  func enough() throws {
    let cluster = try cluster()
    try fill(cluster, (0..<10).map { "\($0)" })
    try onOwnThread {
      try History.open(configuration(cluster), topic: "t", signals: Signals(), log: silent) { history in
        var seen = Seen()
        let ending = try history.read([0: 5..<10], into: &seen) { _ in false }
        #expect(ending.problem(topic: "t") == "stopped before all of 't' was read")
        #expect(seen.values[0]?.first == "5")
      }
    }
  }
}

@Suite("A follower", .timeLimit(.minutes(2)), .waits)
struct FollowerTests {
  private func follower(_ cluster: MockCluster, from start: Moment) throws -> Follower {
    let plan = Follower.Plan(topic: "t", waitsForTopic: false, start: start)
    return try Follower.make(configuration(cluster), plan: plan, signals: Signals(), log: silent)
  }

  @Test("gives the records of all partitions until its receiver wants no more")
  func beginning() throws {
    let cluster = try cluster(partitions: 2)
    try fill(cluster, ["1", "2", "3"])
    try fill(cluster, ["4"], partition: 1)
    try onOwnThread {
      var follower = try follower(cluster, from: .beginning)
      var seen: [String] = []
      let ending = follower.run { batch in
        for index in batch.indices where batch[index].kind == .record {
          seen.append(batch[index].value.map { String(decoding: $0, as: UTF8.self) } ?? "null")
        }
        return seen.count < 4
      }
      #expect(ending == .stopped)
      #expect(seen.sorted() == ["1", "2", "3", "4"])
      follower.close()
    }
  }

  @Test("that begins now gives only later records")
  func now() throws {
    let cluster = try cluster()
    try fill(cluster, ["before"])
    try onOwnThread {
      var follower = try follower(cluster, from: .now)
      var seen: [String] = []
      var hasWritten = false
      _ = follower.run { batch in
        // The first batch says that it has reached the end.
        if !hasWritten { hasWritten = (try? fill(cluster, ["after"])) != nil }
        for index in batch.indices where batch[index].kind == .record {
          seen.append(batch[index].value.map { String(decoding: $0, as: UTF8.self) } ?? "null")
        }
        return seen.isEmpty
      }
      #expect(seen == ["after"])
      follower.close()
    }
  }
}
