import Streams
import Testing

@Suite("Which groups are watched, and when")
struct GroupChoiceTests {
  @Test("names and expressions choose groups; expressions leave statusd's own alone")
  func filter() throws {
    let all = try GroupFilter(["^.*"], excluding: ["status_monitor"])
    #expect(all.matches("billing"))
    #expect(all.matches(""))
    #expect(!all.matches("status_monitor"))
    let some = try GroupFilter(["billing", "^shop-", "status_monitor"], excluding: ["status_monitor"])
    #expect(some.matches("billing"))
    #expect(!some.matches("billing2"))
    #expect(some.matches("shop-1"))
    #expect(!some.matches("my-shop-1"))
    #expect(some.matches("status_monitor"))
    #expect(try !GroupFilter([]).matches("billing"))
  }

  @Test("an expression that isn't one is a problem")
  func badFilter() {
    #expect(throws: Expression.Problem.self) { _ = try GroupFilter(["^("]) }
  }

  @Test("groups take turns, the one that has waited longest first")
  func rota() {
    var rota = GroupRota()
    let groups = ["a", "b", "c", "d", "e"]
    #expect(rota.next(of: groups, limit: 2) == ["a", "b"])
    #expect(rota.next(of: groups, limit: 2) == ["c", "d"])
    #expect(rota.next(of: groups, limit: 2) == ["e", "a"])
    #expect(rota.next(of: groups, limit: 9) == ["b", "c", "d", "e", "a"])
    #expect(rota.next(of: ["e", "e"], limit: 9) == ["e"])
    #expect(rota.next(of: groups, limit: -1).isEmpty)
  }

  @Test("groups that come and go don't keep others from their turns")
  func churn() {
    var rota = GroupRota()
    var turns = 0
    for round in 0..<40 {
      let visitors = (0..<10).map { "a-visitor-\(round)-\($0)" }
      let chosen = rota.next(of: visitors + ["x", "y", "z"], limit: 3)
      #expect(chosen.count == 3)
      turns += chosen.count { $0.count == 1 }
    }
    #expect(turns == 39 * 3)
  }

  @Test("there is room for ten thousand groups")
  func bound() {
    var rota = GroupRota()
    let groups = (0..<10_005).map { "g\($0)" }
    #expect(rota.next(of: groups, limit: 20_000).count == 10_000)
    #expect(rota.refused == 5)
    #expect(rota.next(of: groups.prefix(3), limit: 20_000).count == 3)
    #expect(rota.refused == 0)
  }
}

@Suite("Readings of the cluster")
struct ClusterReadingTests {
  @Test("brokers that hold replicas and aren't alive are missing; partitions without a leader are offline")
  func cluster() {
    let reading = ClusterReading(
      brokers: [1, 2, 4],
      partitions: [
        .init(leader: 1, replicas: [1, 2], inSync: [2, 1]), .init(leader: 2, replicas: [2, 3], inSync: [2]),
        .init(leader: -1, replicas: [3], inSync: [3]), .init(leader: nil, replicas: [5, 3], inSync: []),
      ]
    ).reading(at: 1_800_000_000_000)
    #expect(reading.subject == "kafka")
    #expect(reading.kind == "cluster")
    #expect(reading["brokers"] == 3)
    #expect(reading["brokers_missing"] == 2)
    #expect(reading["partitions"] == 4)
    #expect(reading["partitions_offline"] == 2)
    #expect(reading["partitions_under_replicated"] == 2)
  }

  @Test("a meter's own records say what a client sees")
  func probe() {
    let reading = StreamReading.probe(instance: "meter/1", appendTime: 3.5, commitTime: nil, at: .min)
    #expect(reading.subject == "kafka@meter%2F1")
    #expect(reading.kind == "probe")
    #expect(reading.numbers.map(\.name) == ["append_ms"])
    #expect(reading["append_ms"] == 3.5)
    #expect(StreamReading.probe(instance: "m", appendTime: -1, commitTime: 2, at: 0)["commit_ms"] == 2)
  }
}
