internal import Crdkafka
import Platform

extension Admin {
  /// What a cluster knows of a topic.
  public struct Topic: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// Its partitions, by number.
    public var partitions: [Partition]
    /// Why nothing is known of it, such as `.unknownTopicOrPartition`.
    public var error: KafkaError?
  }

  /// What a cluster knows of a partition.
  public struct Partition: Equatable, Sendable {
    /// Its number.
    public var id: Int32
    /// The number of the broker that leads it; -1: none does.
    public var leader: Int32
    /// The brokers that keep it.
    public var replicas: [Int32]
    /// Those of them that are up to date.
    public var inSync: [Int32]
  }

  /// The brokers, and the topics asked for.
  public struct Cluster: Equatable, Sendable {
    /// `host:port` by the brokers' numbers.
    public var brokers: [Int32: String]
    /// In the cluster's order.
    public var topics: [Topic]
  }

  /// The brokers, and one topic or (nil) all of them. A topic that doesn't exist comes with its error, and isn't made.
  ///
  /// - Throws: where no broker has answered within `limit`.
  public func describe(topic: String? = nil, within limit: Duration) throws(KafkaError) -> Cluster {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    let handle = try topic.map { name throws(KafkaError) in try client.topic(name) }
    let code = rd_kafka_metadata(
      client.handle, topic == nil ? 1 : 0, handle, &metadata, limit.rdkafkaMilliseconds)
    client.report()
    try KafkaError.check(code)
    client.reporter.noteAnswer()
    guard let metadata else { return Cluster(brokers: [:], topics: []) }
    defer { rd_kafka_metadata_destroy(metadata) }
    return Cluster(metadata.pointee)
  }
}

extension Admin.Cluster {
  init(_ metadata: rd_kafka_metadata) {
    brokers = [:]
    for broker in UnsafeBufferPointer(start: metadata.brokers, count: Int(metadata.broker_cnt)) {
      brokers[broker.id] = "\(broker.host.map { String(cString: $0) } ?? ""):\(broker.port)"
    }
    topics = UnsafeBufferPointer(start: metadata.topics, count: Int(metadata.topic_cnt)).map { topic in
      Admin.Topic(
        name: topic.topic.map { String(cString: $0) } ?? "",
        partitions: UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
          .map { Admin.Partition($0) }.sorted { $0.id < $1.id },
        error: topic.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(topic.err))
    }
  }
}

extension Admin.Partition {
  init(_ partition: rd_kafka_metadata_partition) {
    id = partition.id
    leader = partition.leader
    replicas = Array(UnsafeBufferPointer(start: partition.replicas, count: Int(partition.replica_cnt)))
    inSync = Array(UnsafeBufferPointer(start: partition.isrs, count: Int(partition.isr_cnt)))
  }
}
