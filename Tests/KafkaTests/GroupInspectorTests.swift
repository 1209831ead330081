import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite("What brokers say of other people's groups", .serialized, .waits)
struct GroupInspectorTests {
  @Test("groups, their state and their committed offsets are told; a group that isn't there has none", .needsKafka)
  func groups() throws {
    let cluster = try TestCluster.open(.newest)
    let topic = try cluster.createTopic(partitions: 3)
    let group = uniqueName("group")
    try commit([PartitionOffset(TopicPartition(topic, 1), 7)], of: group, on: cluster.brokers)
    try commit([PartitionOffset(TopicPartition(topic, 2), 9)], of: group, on: cluster.brokers)
    var inspector = try GroupInspector(Configuration(brokers: cluster.brokers), log: silent, wakeup: Wakeup())
    let (groups, isComplete) = try inspector.groups(within: .seconds(30))
    #expect(isComplete)
    let known = try #require(groups.first { $0.name == group })
    #expect(known.state == "Empty")
    #expect(known.members == 0)
    let answers = inspector.offsets(of: [group, "nobody"], until: soon())
    let places = try #require(try answers[group]?.get()).sorted { $0.partition < $1.partition }
    #expect(places.map(\.partition) == [TopicPartition(topic, 1), TopicPartition(topic, 2)])
    #expect(places.map(\.offset) == [7, 9])
    #expect(try answers["nobody"]?.get() == [])
    #expect(inspector.longestWait(at: SystemTime().monotonic) == nil)
    #expect(try inspector.highWatermarks(of: places.map(\.partition), within: .seconds(30)) == [0, 0])
    #expect(try inspector.beginnings(of: places.map(\.partition), within: .seconds(30)) == [0, 0])
    #expect(try inspector.cluster(within: .seconds(30)).topics.contains { $0.name == topic })
    inspector.close(by: soon())
  }

  @Test(
    "a question without a coordinator waits, isn't asked again, and ends nothing once the coordinator is back",
    .needsKafka)
  func coordinatorGone() throws {
    let cluster = try TestCluster.own()
    let broker = try #require(cluster.broker)
    let topic = try cluster.createTopic()
    try commit([PartitionOffset(TopicPartition(topic, 0), 7)], of: "billing", on: cluster.brokers)
    var inspector = try GroupInspector(Configuration(brokers: cluster.brokers), log: silent, wakeup: Wakeup())
    #expect(try inspector.offsets(of: ["billing"], until: soon())["billing"]?.get().count == 1)
    try broker.kill()
    for _ in 0..<3 {
      let answers = inspector.offsets(of: ["billing"], until: SystemTime().monotonic + .milliseconds(200))
      #expect(answers["billing"].map { (try? $0.get()) == nil } ?? true)
      #expect(inspector.asked.count <= 1)
    }
    try broker.restart()
    let deadline = soon(.seconds(60))
    while (try? inspector.offsets(of: ["billing"], until: soon(.seconds(1)))["billing"]?.get()) == nil {
      try keepWaiting(until: deadline)
    }
    #expect(inspector.longestWait(at: SystemTime().monotonic) == nil)
    inspector.close(by: soon())
  }
}
