import Evaluator
import Platform
import Streams
import Testing

@testable import Evaluator

@Suite("Rounds of questions about the cluster and its groups")
struct LagWatchTests {
  @Test("a round asks for the cluster, then for positions, then for records, and tells cluster, groups and topics")
  func round() throws {
    var play = try LagPlay()
    #expect(play.begin() == .overview(withGroups: true))
    #expect(play.begin() == nil)
    let views = [
      "billing": GroupView(members: 2, word: "Stable", topics: ["orders"]), "status_group": GroupView(members: 1),
    ]
    let overview = ClusterOverview(cluster: LagPlay.cluster, groups: views, hasAllGroups: true)
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
    var play = try LagPlay([])
    #expect(play.begin() == .overview(withGroups: false))
    #expect(play.take(.overview(ClusterOverview(cluster: LagPlay.cluster))) == nil)
    #expect(play.watch.takeTellings(.max).flatMap(\.readings).map(\.subject) == ["kafka"])
  }

  @Test("rounds keep their pace; one that was missed isn't made up for")
  func pace() throws {
    var play = try LagPlay([])
    func begins(after seconds: Int64) -> Bool {
      play.pass(seconds)
      guard play.begin() != nil else { return false }
      _ = play.take(.overview(ClusterOverview(cluster: LagPlay.cluster)))
      return !play.watch.takeTellings(.max).isEmpty
    }
    #expect([0, 11, 8, 1, 35, 1, 1].map(begins) == [true, true, false, true, true, true, false])
  }

  @Test("a round doesn't begin before the last one is told")
  func waits() throws {
    var play = try LagPlay([])
    #expect(play.begin() != nil)
    _ = play.take(.overview(ClusterOverview(cluster: LagPlay.cluster)))
    play.pass(20)
    #expect(play.begin() == nil)
    #expect(play.watch.takeTellings(.max).count == 1)
    #expect(play.begin() != nil)
  }

  @Test("a round looks at 500 records; the next one begins with the group that had no room for all of its own")
  func records() throws {
    var play = try LagPlay()
    let groups = ["a", "b", "c"]
    let views = Dictionary(groups.map { ($0, GroupView(members: 1)) }) { $1 }
    var position: Int64 = 0
    func asked() -> [String: Int] {
      _ = play.begin()
      _ = play.take(.overview(ClusterOverview(cluster: LagPlay.cluster, groups: views, hasAllGroups: true)))
      position += 1
      let positions = Dictionary(
        groups.map { group in
          (
            group,
            (0..<300).map {
              GroupAnswer.Lane(StreamPartition(group, $0), committed: position, logStart: 0, highWatermark: 1000)
            }
          )
        }
      ) { $1 }
      guard case .firstRecords(let questions)? = play.take(.positions(positions)) else { return [:] }
      _ = play.take(.firstRecords([:]))
      _ = play.watch.takeTellings(.max)
      play.pass(10)
      return Dictionary(questions.map { ($0.partition.topic, 1) }, uniquingKeysWith: +)
    }
    #expect(asked() == ["a": 300, "b": 200])
    #expect(asked() == ["b": 300, "c": 200])
    #expect(asked() == ["c": 300, "a": 200])
  }

  @Test("a question that nobody answers ends its round after half a minute, and that is said")
  func silence() throws {
    var play = try LagPlay()
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
    var play = try LagPlay()
    #expect(play.take(.positions(["billing": []])) == nil)
    #expect(play.begin() != nil)
    #expect(play.take(.firstRecords([:])) == nil)
    #expect(play.watch.takeTellings(.max) == [])
  }

  @Test("records that can't be looked at leave out ages only")
  func noRecords() throws {
    var play = try LagPlay()
    _ = play.begin()
    _ = play.take(
      .overview(ClusterOverview(cluster: LagPlay.cluster, groups: ["g": GroupView(members: 1)], hasAllGroups: true)))
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
    var play = try LagPlay()
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
    var first = try LagPlay()
    let state = try #require(first.round(["old"]).last?.state)
    var play = try LagPlay(["new"], states: ["old": state])
    #expect(play.round(["new", "old"]).filter { $0.group == "old" }.map { $0.state == nil } == [true])
  }

  @Test("a named group that isn't there tells nothing, and comes once it is")
  func named() throws {
    var play = try LagPlay(["billing"])
    _ = play.begin()
    let empty = ClusterOverview(cluster: LagPlay.cluster, hasAllGroups: true)
    #expect(play.take(.overview(empty)) == .positions(of: ["billing"]))
    #expect(play.take(.positions(["billing": []])) == nil)
    #expect(play.watch.takeTellings(.max).compactMap(\.group) == [])
    play.pass(10)
    #expect(play.round(["billing"]).compactMap(\.group) == ["billing"])
  }

  @Test("a successor goes on with the state: progress and state are left out once")
  func successor() throws {
    var first = try LagPlay()
    _ = first.round(["g"])
    first.pass(10)
    let before = first.round(["g"])
    #expect(before.last?.readings.first?["progress"] == 0)
    #expect(before.last?.readings.first?.text("state") == "ok")
    var second = try LagPlay(states: ["g": try #require(before.last?.state)])
    second.time = first.time
    let handed = second.round(["g"]).last?.readings.first
    #expect(handed?["progress"] == nil)
    #expect(handed?.text("state") == nil)
    second.pass(10)
    #expect(second.round(["g"]).last?.readings.first?["progress"] == 0)
  }

  @Test("a round has room for 500 groups, and the others are next")
  func turns() throws {
    var play = try LagPlay()
    let groups = (0..<700).map { "g\($0)" }
    let first = Set(play.round(groups).compactMap(\.group))
    #expect(first.count == 500)
    play.pass(10)
    let second = Set(play.round(groups).compactMap(\.group))
    #expect(first.union(second).count == 700)
  }

  @Test("a delivery takes whole groups, about as many readings as it has room for")
  func portions() throws {
    var play = try LagPlay()
    _ = play.begin()
    _ = play.take(
      .overview(
        ClusterOverview(
          cluster: LagPlay.cluster, groups: ["a": GroupView(), "b": GroupView()], hasAllGroups: true)))
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
    var play = try LagPlay([])
    play.watch.note(DeliveryTimes(append: .milliseconds(2), commit: .milliseconds(5)))
    play.watch.note(DeliveryTimes(append: .milliseconds(4), commit: nil))
    _ = play.begin()
    let reading = try #require(play.watch.takeTellings(.max).first?.readings.first)
    #expect(reading.subject == "kafka@here")
    #expect(reading["append_ms"] == 3)
    #expect(reading["commit_ms"] == 5)
    _ = play.take(.overview(ClusterOverview(cluster: LagPlay.cluster)))
    _ = play.watch.takeTellings(.max)
    play.pass(10)
    _ = play.begin()
    #expect(play.watch.takeTellings(.max) == [])
  }

  @Test("an expression that isn't one is refused")
  func expression() {
    #expect(throws: Expression.Problem.self) { _ = try LagPlay(["^("]) }
  }
}
