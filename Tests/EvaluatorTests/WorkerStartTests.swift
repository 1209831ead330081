import Platform
import Records
import Rules
import SimulatedKafka
import Testing

@testable import Evaluator

@Suite("Where a worker begins")
struct WorkerStartTests {
  /// What the log says of a group that begins.
  private func beginnings(_ bench: borrowing WorkerBench) -> [LogMetadata] {
    bench.log.lines.filter { $0.message.hasPrefix("the group begins with this partition") }.map(\.metadata)
  }

  /// A worker of a group that has evaluated nothing, in a topic with three records of history: each would raise an alert.
  private func benchWithHistory(partitions: Int32 = 1, since: Duration = .zero) throws -> WorkerBench {
    let empty = try WorkerBench()
    let began = empty.time.wall + .seconds(3) + .milliseconds(500) + since
    var bench = try WorkerBench(partitions: partitions, since: began)
    for host in ["a", "b", "c"] { bench.sample(95, host: host) }
    return bench
  }

  @Test("a first start evaluates what comes from the evaluator's start on: a week of history raises no alert")
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

  @Test("what came between the evaluator's start and its joining isn't lost")
  func lateJoin() throws {
    var bench = try benchWithHistory()
    bench.sample(95, host: "d")
    bench.sample(95, host: "e")
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/d", "cpu-high/e"])
    #expect(beginnings(bench).first?["goes_on"] == .time(bench.time(of: 3)))
  }

  @Test("a first start that looks back begins with the first record of that time")
  func ago() throws {
    var bench = try benchWithHistory(since: .zero - .seconds(2))
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/b", "cpu-high/c"])
  }

  @Test("a topic that is younger than the evaluator is evaluated from its first record on")
  func fresh() throws {
    var bench = try WorkerBench(since: WorkerBench().time.wall)
    for host in ["a", "b"] { bench.sample(95, host: host) }
    bench.assign(0)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/a", "cpu-high/b"])
    #expect(beginnings(bench).first?["records_passed_by"] == .int(0))
  }

  @Test(
    "where it begins is written down at once: one that is killed then, and starts an hour later, begins there again")
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

  @Test("a partition that comes later is evaluated from its beginning, also where it came while nobody was there")
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

  @Test("a group of before, whose positions say nothing of its beginning, leaves no later partition's records out")
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

  @Test("a stranger's position doesn't count where the group begins, and is said", arguments: [Int64(1), 5, 100])
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

  @Test("an evaluator's own position counts where the changelog was lost: nothing comes twice, nothing is left out")
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

  @Test("while brokers don't say where a time is in the log it is asked again, and nothing is evaluated")
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
