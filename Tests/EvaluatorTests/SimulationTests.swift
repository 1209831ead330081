import Platform
import SimulatedKafka
import Testing

@testable import Evaluator

/// A few of the schedules of `make simulation`, which runs tens of thousands.
@Suite("Workers on a simulated cluster")
struct SimulationTests {
  @Test("under any faults each transition is seen once and in order, and alerts-current agrees with them")
  func exactlyOnce() {
    let first = UInt64.random(in: 0...(.max >> 8))
    for number in 0..<300 {
      let failed = FailedSchedule(seed: first + UInt64(number), kind: .init())
      #expect(failed == nil, "\(failed?.text ?? "")")
    }
  }

  @Test("without transactions each transition is seen at least once, with the same ids")
  func atLeastOnce() {
    let first = UInt64.random(in: 0...(.max >> 8))
    for number in 0..<100 {
      let failed = FailedSchedule(seed: first + UInt64(number), kind: .init(isTransactional: false))
      #expect(failed == nil, "\(failed?.text ?? "")")
    }
  }

  /// A bug that shows only once in thousands of schedules is left to `make simulation`.
  @Test("a planted bug is detected", arguments: PlantedMistake.ofEvaluators.filter { $0 != .sendsNoMember })
  func planted(_ mistake: PlantedMistake) {
    #expect((0..<3000).contains { Schedule(seed: 1 << 40 | $0, kind: .init(mistake: mistake)).run() != nil })
  }

  @Test("the simulated group revokes a partition only once, even if the next owner dies meanwhile")
  func toldOnce() {
    let cluster = SimulatedCluster(time: ManualTime())
    let members = ["one", "two", "three"].map(cluster.join)
    cluster.group.move(0, to: members[0])
    members[0].events = []
    cluster.group.move(0, to: members[1])
    cluster.group.expel(members[1])
    cluster.group.move(0, to: members[2])
    #expect(members[0].events.count == 1)
  }

  @Test("a static member that rejoins the simulated group gets its partitions, and the old member is fenced")
  func comesBack() {
    let cluster = SimulatedCluster(time: ManualTime(), partitions: 2)
    let (first, other) = (cluster.join("one"), cluster.join("two"))
    cluster.group.move(0, to: first)
    cluster.group.move(1, to: other)
    let generation = cluster.group.generation
    let second = cluster.join("one")
    #expect(cluster.group.generation == generation)
    #expect(second.events == [.assigned([LogPartition(topic: 0, number: 0)])])
    #expect(first.events.last == .replaced)
    #expect(cluster.group.owner(of: 1) === other)
    // A partition that it was about to release isn't its own any more.
    cluster.group.move(0, to: other)
    let third = cluster.join("one")
    #expect(third.events.isEmpty)
    #expect(cluster.group.owner(of: 0) === other)
  }

  @Test("a member of the simulated group that lost a partition and has it again doesn't give it back for the loss")
  func givenAnew() throws {
    let cluster = SimulatedCluster(time: ManualTime())
    let member = cluster.join("one")
    var log = SimulatedLog(cluster, member)
    cluster.group.move(0, to: member)
    #expect(log.nextEvent() == .assigned([LogPartition(topic: 0, number: 0)]))
    log.accept([LogPartition(topic: 0, number: 0)])
    // Another process with its name joins. Then the member joins again, before it has read its events.
    _ = cluster.join("one")
    cluster.group.join(member)
    #expect(log.nextEvent() == .revoked([LogPartition(topic: 0, number: 0)], lost: true))
    log.unassign([LogPartition(topic: 0, number: 0)])
    #expect(cluster.group.owner(of: 0) === member)
  }

  @Test("the same seed gives the same run")
  func deterministic() {
    let runs = (0..<2).map { _ in
      let schedule = Schedule(seed: 77, kind: .init(), keepsEvents: true)
      _ = schedule.run()
      return schedule.events.map(\.text)
    }
    #expect(runs[0] == runs[1])
  }
}
