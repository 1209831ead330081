import Evaluator
import Platform
import Streams

@testable import Evaluator

/// A watch on a cluster that the test plays.
struct LagPlay {
  static let cluster = ClusterReading(
    brokers: [1, 2], partitions: [.init(leader: 1, replicas: [1, 3], inSync: [1])])

  var watch: LagWatch
  var now = MonotonicTime(nanoseconds: 1_000_000_000_000)
  var time: Int64 = 1_800_000_000_000

  init(
    _ groups: [String] = ["^.*"], interval: Duration = .seconds(10), own: Set<String> = ["status_group"],
    states: [String: GroupState] = [:]
  ) throws {
    watch = try LagWatch(
      LagOrders(groups: groups, interval: interval, stalledAfter: .seconds(30), ownGroups: own), instance: "here",
      states: states, now: now)
  }

  mutating func pass(_ seconds: Int64) {
    now = now + .seconds(seconds)
    time += seconds * 1000
  }

  mutating func begin() -> ClusterQuestion? { watch.begin(at: time, now) }
  mutating func take(_ answer: ClusterAnswer) -> ClusterQuestion? { watch.take(answer, at: time, now) }

  /// A whole round, in which each of `groups` is at offset 3 of a log of 5 records; the tellings of it.
  mutating func round(_ groups: [String], hasAll: Bool = true) -> [LagWatch.Telling] {
    guard begin() != nil else { return [] }
    let views = Dictionary(groups.map { ($0, GroupView(members: 1, word: "Stable", topics: ["t"])) }) { $1 }
    let overview = ClusterOverview(cluster: Self.cluster, groups: views, hasAllGroups: hasAll)
    guard case .positions(let chosen)? = take(.overview(overview)) else { return watch.takeTellings(.max) }
    let lane = GroupAnswer.Lane(StreamPartition("t", 0), committed: 3, logStart: 0, highWatermark: 5)
    var question = take(.positions(Dictionary(chosen.map { ($0, [lane]) }) { $1 }))
    while case .firstRecords(let places)? = question {
      question = take(.firstRecords(Dictionary(places.map { ($0, .record(time: time - 4000)) }) { $1 }))
    }
    return watch.takeTellings(.max)
  }
}
