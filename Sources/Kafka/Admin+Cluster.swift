internal import Crdkafka
import Platform

extension Admin {
  /// A topic as the cluster's metadata describes it.
  public struct Topic: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// Its partitions, ordered by number.
    public var partitions: [Partition]
    /// Why the topic isn't described, such as `.unknownTopicOrPartition`; nil on success.
    public var error: KafkaError?
  }

  /// A partition as the cluster's metadata describes it.
  public struct Partition: Equatable, Sendable {
    /// Its number.
    public var id: Int32
    /// The number of the broker that leads it; -1 if none does.
    public var leader: Int32
    /// The brokers that hold a replica.
    public var replicas: [Int32]
    /// The replicas that are in sync.
    public var inSync: [Int32]
  }

  /// The brokers and the requested topics.
  public struct Cluster: Equatable, Sendable {
    /// `host:port` by broker number.
    public var brokers: [Int32: String]
    /// The topics, in the cluster's order.
    public var topics: [Topic]
  }

  /// Returns the brokers, and one topic or (nil) all topics. A missing topic is returned with its error, and isn't
  /// created.
  ///
  /// - Throws: if no broker answers within `limit`.
  public func describe(topic: String? = nil, within limit: Duration) throws(KafkaError) -> Cluster {
    try client.describe(topic: topic, within: limit)
  }
}

extension Client {
  /// As `Admin.describe` says.
  func describe(topic: String?, within limit: Duration) throws(KafkaError) -> Admin.Cluster {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    let handle = try topic.map { name throws(KafkaError) in try self.topic(name) }
    let code = rd_kafka_metadata(
      self.handle, topic == nil ? 1 : 0, handle, &metadata, limit.rdkafkaMilliseconds)
    report()
    try KafkaError.check(code)
    reporter.noteAnswer()
    guard let metadata else { return Admin.Cluster(brokers: [:], topics: []) }
    defer { rd_kafka_metadata_destroy(metadata) }
    return Admin.Cluster(metadata.pointee)
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
