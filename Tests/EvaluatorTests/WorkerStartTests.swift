import Platform
import Records
import Rules
import SimulatedKafka
import Testing

@testable import Evaluator

@Suite("Where a worker begins")
struct WorkerStartTests {
  /// The log lines of a group that begins.
  private func beginnings(_ bench: borrowing WorkerBench) -> [LogMetadata] {
    bench.log.lines.filter { $0.message.hasPrefix("the group begins with this partition") }.map(\.metadata)
  }

  /// A worker of a new group, on a topic with three records of history, each of which would raise an alert.
  private func benchWithHistory(partitions: Int32 = 1, since: Duration = .zero) throws -> WorkerBench {
    let empty = try WorkerBench()
    let began = empty.time.wall + .seconds(3) + .milliseconds(500) + since
    var bench = try WorkerBench(partitions: partitions, since: began)
    for host in ["a", "b", "c"] { bench.sample(95, host: host) }
    return bench
  }

  @Test("a first start evaluates records since the evaluator's start: history raises no alert")
  func end() throws {
    var bench = try benchWithHistory()
    bench.assign(0)
    bench.settle(turns: 5)
    bench.sample(95, host: "d")
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/d"])
    let said = beginnings(bench)
    #expect(said.count == 1)
    #expect(said.first?["from"] == .int(3))
    #expect(said.first?["records_passed_by"] == .int(3))
  }

  @Test("records between the evaluator's start and its joining aren't lost")
  func lateJoin() throws {
    var bench = try benchWithHistory()
    bench.sample(95, host: "d")
    bench.sample(95, host: "e")
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/d", "cpu-high/e"])
    #expect(beginnings(bench).first?["goes_on"] == .time(bench.time(of: 3)))
  }

  @Test("a first start with an earlier time begins with the first record since that time")
  func ago() throws {
    var bench = try benchWithHistory(since: .zero - .seconds(2))
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/b", "cpu-high/c"])
  }

  @Test("a topic that is newer than the evaluator's start is evaluated from its first record")
  func fresh() throws {
    var bench = try WorkerBench(since: WorkerBench().time.wall)
    for host in ["a", "b"] { bench.sample(95, host: host) }
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/a", "cpu-high/b"])
    #expect(beginnings(bench).first?["records_passed_by"] == .int(0))
  }

  @Test(
    "the beginning is committed at once: an evaluator that is killed and starts an hour later begins there again")
  func writtenDown() throws {
    var bench = try benchWithHistory()
    bench.assign(0)
    bench.settle(turns: 2)
    #expect(bench.committed == [0: 3])
    bench.sample(95, host: "d")
    bench.time.advance(by: .seconds(3600))
    bench.plan.since = bench.time.wall
    try bench.restart()
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/d"])
    #expect(beginnings(bench).count == 1)
  }

  @Test("a partition that is added later is evaluated from its beginning, even if no evaluator ran meanwhile")
  func laterPartition() throws {
    var bench = try benchWithHistory(partitions: 2)
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(95, host: "d", to: 1)
    bench.time.advance(by: .seconds(3600))
    bench.plan.since = bench.time.wall
    try bench.restart()
    bench.settle(turns: 6)
    #expect(bench.alerts.map(\.key) == ["cpu-high/d"])
  }

  @Test("a group of an older version, whose positions lack the beginning's time, skips no records of a later partition")
  func groupOfBefore() throws {
    var bench = try benchWithHistory(partitions: 2)
    bench.plan.since = WallTime(milliseconds: 0)
    try bench.restart()
    bench.settle(turns: 6)
    let before = bench.alerts.count
    bench.cluster.group.since = [:]
    bench.cluster.group.committed[1] = nil
    bench.cluster.loseChangelog(1)
    bench.sample(95, host: "d", to: 1)
    bench.time.advance(by: .seconds(3600))
    bench.plan.since = bench.time.wall
    try bench.restart()
    bench.settle(turns: 8)
    #expect(bench.alerts.dropFirst(before).map(\.key) == ["cpu-high/d"])
  }

  @Test("another program's position doesn't count when the group begins, and is logged", arguments: [Int64(1), 5, 100])
  func stranger(_ committed: Int64) throws {
    var bench = try benchWithHistory()
    bench.committedByStranger(0, committed)
    for host in ["d", "e", "f"] { bench.sample(95, host: host) }
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/d", "cpu-high/e", "cpu-high/f"])
    let line = try #require(bench.log.lines.first { $0.message.hasPrefix("another program has committed a position") })
    #expect(line.level == .warning)
    #expect(line.metadata["committed"] == .int(committed))
    #expect(line.metadata["from"] == .int(3))
    #expect(bench.committed == [0: 6])
  }

  @Test("an evaluator's own position counts if the changelog is lost: no record is repeated or skipped")
  func lostChangelog() throws {
    var bench = try benchWithHistory()
    bench.assign(0)
    bench.settle(turns: 3)
    bench.sample(20, host: "d")
    bench.settle(turns: 5)
    #expect(bench.committed == [0: 4])
    bench.cluster.loseChangelog(0)
    bench.sample(95, host: "e")
    bench.time.advance(by: .seconds(3600))
    bench.plan.since = bench.time.wall
    try bench.restart()
    bench.settle(turns: 6)
    #expect(bench.alerts.map(\.key) == ["cpu-high/e"])
  }

  @Test("until brokers return the offset for a time, it is requested again, and nothing is evaluated")
  func unanswered() throws {
    var bench = try benchWithHistory()
    bench.fail(.firstRecord, .fails(.retry))
    bench.fail(.firstRecord, .fails(.retry))
    bench.assign(0)
    bench.settle(turns: 8)
    #expect(bench.numbers.partitions == 1)
    #expect(bench.numbers.records == 0)
    #expect(bench.committed == [0: 3])
  }
}
