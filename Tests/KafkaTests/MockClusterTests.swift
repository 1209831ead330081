import Crdkafka
import Glibc
import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite(.waits) struct MockClusterTests {
  @Test("a topic is created only once")
  func topics() throws {
    let cluster = try MockCluster(brokerCount: 3)
    #expect(cluster.brokers.split(separator: ",").count == 3)
    try cluster.createTopic("t", partitions: 3, replication: 2)
    let error = #expect(throws: KafkaError.self) { try cluster.createTopic("t") }
    #expect(error?.code == .topicAlreadyExists)
    let admin = try Admin(configuration(cluster), log: silent)
    let known = try admin.describe(topic: "t", within: .seconds(10))
    #expect(known.topics.first?.partitions.count == 3)
    #expect(known.brokers.count == 3)
  }

  @Test("a request fails with the given error, and the producer recovers")
  func requestErrors() throws {
    let cluster = try cluster()
    var producer = try Producer(configuration(cluster), log: silent)
    cluster.fail(.produce, with: [.init(rawValue: 7), .init(rawValue: 7)])
    for number in 0..<10 { try producer.send("t", value: "\(number)", token: UInt(number)) }
    var order: [UInt] = []
    let left = producer.flush(by: soon()) { delivery in
      #expect(delivery.error == nil)
      order.append(delivery.token)
    }
    #expect(left == 0)
    #expect(order == Array(0..<10))
  }

  @Test("a refused record is delivered with its error")
  func refusedRecord() throws {
    let cluster = try cluster()
    cluster.fail(.produce, with: [.topicAuthorizationFailed])
    var producer = try Producer(configuration(cluster), log: silent)
    try producer.send("t", value: "x", token: 7)
    var error: KafkaError?
    let left = producer.flush(by: soon()) { error = $0.token == 7 ? $0.error : nil }
    #expect(left == 0)
    #expect(error?.code == .topicAuthorizationFailed)
  }

  @Test("every request about a topic gets the topic's error")
  func topicError() throws {
    let cluster = try cluster()
    let admin = try Admin(configuration(cluster), log: silent)
    cluster.setError(.topicAuthorizationFailed, of: "t")
    let refused = try admin.describe(topic: "t", within: .seconds(10))
    #expect(refused.topics.map(\.error?.code) == [.topicAuthorizationFailed])
    cluster.setError(nil, of: "t")
    let allowed = try admin.describe(topic: "t", within: .seconds(10))
    #expect(allowed.topics.map(\.error) == [nil])
  }

  @Test("a partition's leader moves, and a slow broker answers later")
  func leaders() throws {
    let cluster = try MockCluster(brokerCount: 2)
    try cluster.createTopic("t", replication: 2)
    try fill(cluster.brokers, numbers(3))
    cluster.setLeader(of: TopicPartition("t", 0), to: 2)
    cluster.delayBroker(2, by: .milliseconds(20))
    try fill(cluster.brokers, numbers(3))
    var consumer = try Consumer(configuration(cluster), log: silent, wakeup: Wakeup())
    try consumer.assign([PartitionOffset(TopicPartition("t", 0), .beginning)])
    let seen = try consumer.read { $0.count == 6 }
    #expect(seen.map(\.offset) == Array(0..<6))
  }

  @Test("a client with a fatal error reports it from every call")
  func fatal() throws {
    let cluster = try cluster()
    var producer = try Producer(configuration(cluster), log: silent)
    rd_kafka_test_fatal_error(producer.client.handle, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "test")
    let fatal = producer.fatalError
    #expect(fatal?.remedy == .recreateClient)
    let error = #expect(throws: KafkaError.self) { try producer.send("t", value: "x") }
    #expect(error?.isFatal == true)
  }

  @Test("a broker whose port is taken meanwhile comes back once the port is free")
  func portIsTaken() throws {
    let cluster = try cluster()
    let port = try #require(cluster.brokers.split(separator: ":").last.flatMap { UInt16($0) })
    cluster.stopBroker(1)
    let other = MockCluster.bind(to: port)
    try #require(other >= 0 && listen(other, 1) == 0)
    // The broker is waited for meanwhile. If it started too early, librdkafka would abort the process. Time must pass:
    // nothing says that `startBroker` has found the port taken.
    let end = try startThread(name: "other") {
      usleep(200_000)
      close(other)
    }
    cluster.startBroker(1)
    end.join()
    var producer = try Producer(configuration(cluster), log: silent)
    try producer.send("t", value: "x")
    let left = producer.close(by: soon())
    #expect(left == 0)
  }
}
