import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite(.waits) struct AdminTests {
  @Test("a topic is created with its configuration, described, grown and deleted", .needsKafka)
  func life() throws {
    let cluster = try TestCluster.open(.kafka43)
    let admin = try Admin(Configuration(brokers: cluster.brokers), log: silent)
    let name = uniqueName("topic")
    let new = Admin.NewTopic(
      name, partitions: 2, replication: 1,
      configuration: [("message.timestamp.type", "LogAppendTime"), ("cleanup.policy", "compact")])
    let made = try admin.create([new], within: .seconds(20))
    #expect(made == [nil])
    let again = try admin.create([new], within: .seconds(20))
    #expect(again[0]?.code == .topicAlreadyExists)

    let known = try describeMade(admin, name)
    #expect(known.brokers.values.contains(cluster.brokers.replacing("localhost", with: "127.0.0.1")))
    #expect(known.topics.map(\.name) == [name])
    #expect(known.topics[0].error == nil)
    #expect(known.topics[0].partitions.map(\.id) == [0, 1])
    #expect(known.topics[0].partitions.allSatisfy { $0.replicas == [$0.leader] && $0.inSync == $0.replicas })
    let configuration = try admin.configuration(of: name, within: .seconds(10))
    #expect(configuration["message.timestamp.type"] == "LogAppendTime")
    #expect(configuration["cleanup.policy"] == "compact")
    #expect(configuration["retention.ms"] != nil)

    try admin.growTopic(name, to: 5, within: .seconds(20))
    let error = #expect(throws: KafkaError.self) { try admin.growTopic(name, to: 3, within: .seconds(20)) }
    #expect(error?.message.isEmpty == false)
    let gone = try admin.delete([name, uniqueName("never-was")], within: .seconds(20))
    #expect(gone[0] == nil)
    #expect(gone[1]?.code == .unknownTopicOrPartition)
    admin.close(by: soon())
  }

  @Test("a query for a missing topic doesn't create it", .needsKafka)
  func missing() throws {
    let cluster = try TestCluster.open(.kafka43)
    let admin = try Admin(Configuration(brokers: cluster.brokers), log: silent)
    let name = uniqueName("missing")
    for _ in 0..<2 {
      let known = try admin.describe(topic: name, within: .seconds(10))
      #expect(known.topics.map(\.error?.code) == [.unknownTopicOrPartition])
    }
    let all = try admin.describe(within: .seconds(10))
    #expect(!all.topics.contains { $0.name == name })
    let error = #expect(throws: KafkaError.self) { _ = try admin.configuration(of: name, within: .seconds(10)) }
    #expect(error?.code == .unknownTopicOrPartition)
  }

  @Test("topics with more replicas than brokers, or with invalid names, are refused one by one", .needsKafka)
  func refusals() throws {
    let cluster = try TestCluster.open(.kafka43)
    let admin = try Admin(Configuration(brokers: cluster.brokers), log: silent)
    let name = uniqueName("topic")
    let answers = try admin.create(
      [.init(uniqueName("topic"), replication: 9), .init("not/a/name"), .init(name)], within: .seconds(20))
    #expect(answers[0]?.code == .invalidReplicationFactor)
    #expect(answers[1] != nil)
    #expect(answers[2] == nil)
    _ = try admin.delete([name], within: .seconds(20))
    let none = try admin.create([.init(uniqueName("topic"), partitions: 0)], within: .seconds(20))
    #expect(none[0] != nil)
    #expect(throws: KafkaError.self) { try admin.growTopic("x", to: 0, within: .seconds(1)) }
  }

  @Test("without a broker every query ends at its time-out")
  func timeouts() throws {
    let admin = try Admin(Configuration(brokers: "127.0.0.1:1"), log: silent)
    let start = SystemTime().monotonic
    var codes: [KafkaError.Code?] = []
    func ask(_ question: () throws(KafkaError) -> Void) {
      do { try question() } catch { codes.append(error.code) }
    }
    ask { () throws(KafkaError) in _ = try admin.create([.init("x")], within: .milliseconds(200)) }
    ask { () throws(KafkaError) in _ = try admin.delete(["x"], within: .milliseconds(200)) }
    ask { () throws(KafkaError) in _ = try admin.describe(within: .milliseconds(200)) }
    ask { () throws(KafkaError) in _ = try admin.configuration(of: "x", within: .milliseconds(200)) }
    #expect(codes.count == 4)
    #expect(codes.allSatisfy { $0 == .timedOut || $0 == .transport })
    #expect(SystemTime().monotonic - start < .seconds(10))
  }
}
