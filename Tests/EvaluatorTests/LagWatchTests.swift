import Evaluator
import Platform
import Streams
import Testing

@testable import Evaluator

@Suite("Rounds of questions about the cluster and its groups")
struct LagWatchTests {
  private static let cluster = ClusterReading(
    brokers: [1, 2], partitions: [.init(leader: 1, replicas: [1, 3], inSync: [1])])

  /// A watch on a cluster that the test plays.
  private struct Play {
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
      let overview = ClusterOverview(cluster: LagWatchTests.cluster, groups: views, hasAllGroups: hasAll)
      guard case .positions(let chosen)? = take(.overview(overview)) else { return watch.takeTellings(.max) }
      let lane = GroupAnswer.Lane(StreamPartition("t", 0), committed: 3, logStart: 0, highWatermark: 5)
      var question = take(.positions(Dictionary(chosen.map { ($0, [lane]) }) { $1 }))
      while case .firstRecords(let places)? = question {
        question = take(.firstRecords(Dictionary(places.map { ($0, .record(time: time - 4000)) }) { $1 }))
      }
      return watch.takeTellings(.max)
    }
  }

  @Test("a round asks for the cluster, then for positions, then for records, and tells cluster, groups and topics")
  func round() throws {
    var play = try Play()
    #expect(play.begin() == .overview(withGroups: true))
    #expect(play.begin() == nil)
    let views = [
      "billing": GroupView(members: 2, word: "Stable", topics: ["orders"]), "status_group": GroupView(members: 1),
    ]
    let overview = ClusterOverview(cluster: Self.cluster, groups: views, hasAllGroups: true)
    #expect(play.take(.overview(overview)) == .positions(of: ["billing"]))
    let lane = GroupAnswer.Lane(
      StreamPartition("orders", 1), committed: 7, logStart: 9, highWatermark: 20, lastStable: 15)
    let place = GroupMeter.Question(partition: StreamPartition("orders", 1), offset: 9)
    #expect(play.take(.positions(["billing": [lane]])) == .firstRecords([place]))
    #expect(play.take(.firstRecords([place: .record(time: play.time - 2500)])) == nil)
    let tellings = play.watch.takeTellings(.max)
    let readings = tellings.flatMap(\.readings)
    #expect(readings.map(\.subject) == ["kafka", "group/billing", "group/billing/orders"])
    #expect(readings[0]["brokers_missing"] == 1)
    #expect(readings[1]["lag"] == 11)
    #expect(readings[1]["lag_seconds"] == 2.5)
    #expect(readings[1]["members"] == 2)
    #expect(tellings.map(\.group) == [nil, "billing"])
    #expect(tellings[1].state?.told == play.time)
  }

  @Test("without groups only the cluster is asked for")
  func clusterOnly() throws {
    var play = try Play([])
    #expect(play.begin() == .overview(withGroups: false))
    #expect(play.take(.overview(ClusterOverview(cluster: Self.cluster))) == nil)
    #expect(play.watch.takeTellings(.max).flatMap(\.readings).map(\.subject) == ["kafka"])
  }

  @Test("rounds keep their pace; one that was missed isn't made up for")
  func pace() throws {
    var play = try Play([])
    func ends() -> ClusterAnswer { .overview(ClusterOverview(cluster: Self.cluster)) }
    #expect(play.begin() != nil)
    _ = play.take(ends())
    play.pass(11)
    #expect(play.begin() != nil)
    _ = play.take(ends())
    play.pass(8)
    #expect(play.begin() == nil)
    play.pass(1)
    #expect(play.begin() != nil)
    _ = play.take(ends())
    play.pass(35)
    #expect(play.begin() != nil)
    _ = play.take(ends())
    play.pass(1)
    #expect(play.begin() != nil)
    _ = play.take(ends())
    play.pass(1)
    #expect(play.begin() == nil)
  }

  @Test("a question that nobody answers ends its round after half a minute, and that is said")
  func silence() throws {
    var play = try Play()
    #expect(play.begin() != nil)
    play.pass(29)
    #expect(play.begin() == nil)
    play.pass(1)
    #expect(play.begin() == .overview(withGroups: true))
    guard case .silentCluster? = play.watch.takeRemarks().first else {
      Issue.record("nothing is said")
      return
    }
    #expect(play.take(.none(reason: "down")) == nil)
    play.pass(10)
    #expect(play.begin() != nil)
  }

  @Test("an answer that belongs to no question changes nothing")
  func stray() throws {
    var play = try Play()
    #expect(play.take(.positions(["billing": []])) == nil)
    #expect(play.begin() != nil)
    #expect(play.take(.firstRecords([:])) == nil)
    #expect(play.watch.takeTellings(.max) == [])
  }

  @Test("records that can't be looked at leave out ages only")
  func noRecords() throws {
    var play = try Play()
    _ = play.begin()
    _ = play.take(
      .overview(ClusterOverview(cluster: Self.cluster, groups: ["g": GroupView(members: 1)], hasAllGroups: true)))
    let lane = GroupAnswer.Lane(StreamPartition("t", 0), committed: 3, logStart: 0, highWatermark: 5)
    guard case .firstRecords? = play.take(.positions(["g": [lane]])) else {
      Issue.record("no question")
      return
    }
    #expect(play.take(.none(reason: "slow")) == nil)
    let reading = play.watch.takeTellings(.max).flatMap(\.readings).first { $0.kind == "group" }
    #expect(reading?["lag"] == 2)
    #expect(reading?["lag_seconds"] == nil)
  }

  @Test("a group that is gone loses its state, unless a broker hasn't told its groups")
  func gone() throws {
    var play = try Play()
    #expect(play.round(["a", "b"]).compactMap(\.group) == ["a", "b"])
    play.pass(10)
    #expect(play.round(["a"], hasAll: false).compactMap(\.group) == ["a"])
    play.pass(10)
    let tellings = play.round(["a"]).filter { $0.group != nil }
    #expect(tellings.map(\.group) == ["b", "a"])
    #expect(tellings.map { $0.state == nil } == [true, false])
    play.pass(10)
    #expect(play.round(["a"]).compactMap(\.group) == ["a"])
  }

  @Test("a state that another meter left of a group that is gone, or isn't watched any more, goes, too")
  func leftBehind() throws {
    var first = try Play()
    let state = try #require(first.round(["old"]).last?.state)
    var play = try Play(["new"], states: ["old": state])
    #expect(play.round(["new", "old"]).filter { $0.group == "old" }.map { $0.state == nil } == [true])
  }

  @Test("a named group that isn't there tells nothing, and comes once it is")
  func named() throws {
    var play = try Play(["billing"])
    _ = play.begin()
    let empty = ClusterOverview(cluster: Self.cluster, hasAllGroups: true)
    #expect(play.take(.overview(empty)) == .positions(of: ["billing"]))
    #expect(play.take(.positions(["billing": []])) == nil)
    #expect(play.watch.takeTellings(.max).compactMap(\.group) == [])
    play.pass(10)
    #expect(play.round(["billing"]).compactMap(\.group) == ["billing"])
  }

  @Test("a successor goes on with the state: progress and state are left out once")
  func successor() throws {
    var first = try Play()
    _ = first.round(["g"])
    first.pass(10)
    let before = first.round(["g"])
    #expect(before.last?.readings.first?["progress"] == 0)
    #expect(before.last?.readings.first?.text("state") == "ok")
    var second = try Play(states: ["g": try #require(before.last?.state)])
    second.time = first.time
    let handed = second.round(["g"]).last?.readings.first
    #expect(handed?["progress"] == nil)
    #expect(handed?.text("state") == nil)
    second.pass(10)
    #expect(second.round(["g"]).last?.readings.first?["progress"] == 0)
  }

  @Test("a round has room for 500 groups, and the others are next")
  func turns() throws {
    var play = try Play()
    let groups = (0..<700).map { "g\($0)" }
    let first = Set(play.round(groups).compactMap(\.group))
    #expect(first.count == 500)
    play.pass(10)
    let second = Set(play.round(groups).compactMap(\.group))
    #expect(first.union(second).count == 700)
  }

  @Test("a delivery takes whole groups, about as many readings as it has room for")
  func portions() throws {
    var play = try Play()
    _ = play.begin()
    _ = play.take(
      .overview(
        ClusterOverview(
          cluster: Self.cluster, groups: ["a": GroupView(), "b": GroupView()], hasAllGroups: true)))
    let lanes = (0..<1100).map {
      GroupAnswer.Lane(StreamPartition("t\($0)", 0), committed: 5, logStart: 0, highWatermark: 5)
    }
    _ = play.take(.positions(["a": lanes, "b": lanes]))
    let first = play.watch.takeTellings(10)
    #expect(first.compactMap(\.group) == ["a"])
    // The topics beyond are left out, and that is said.
    #expect(first.last?.readings.count == 1 + LagWatch.greatestTopics)
    #expect(play.watch.takeRemarks().count == 2)
    #expect(play.watch.takeTellings(10).compactMap(\.group) == ["b"])
    #expect(play.watch.takeTellings(10) == [])
  }

  @Test("what deliveries took is told once a round, on average")
  func probe() throws {
    var play = try Play([])
    play.watch.note(DeliveryTimes(append: .milliseconds(2), commit: .milliseconds(5)))
    play.watch.note(DeliveryTimes(append: .milliseconds(4), commit: nil))
    _ = play.begin()
    let reading = try #require(play.watch.takeTellings(.max).first?.readings.first)
    #expect(reading.subject == "kafka@here")
    #expect(reading["append_ms"] == 3)
    #expect(reading["commit_ms"] == 5)
    _ = play.take(.overview(ClusterOverview(cluster: Self.cluster)))
    _ = play.watch.takeTellings(.max)
    play.pass(10)
    _ = play.begin()
    #expect(play.watch.takeTellings(.max) == [])
  }

  @Test("an expression that isn't one is refused")
  func expression() {
    #expect(throws: Expression.Problem.self) { _ = try Play(["^("]) }
  }
}
