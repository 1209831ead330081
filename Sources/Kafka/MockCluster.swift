internal import Crdkafka

/// librdkafka's own small Kafka inside this process, for tests and the demo: no broker, no disk, no JVM.
///
/// It can't do what admin, log time, offsets for times and fencing need; a group join takes about 3 s in librdkafka
/// 2.0.2. Keeps at most 5 MiB or 100,000 batches of a partition.
public final class MockCluster: @unchecked Sendable {
  private let client: OpaquePointer
  private let cluster: OpaquePointer
  /// Where clients find it: `bootstrap.servers`.
  public let brokers: String

  /// A request that clients make, by its number in Kafka's protocol.
  public enum Request: Int16, Sendable {
    /// Records go to a broker.
    case produce = 0
    /// Records come from a broker.
    case fetch = 1
    /// Offsets of a time, or of a log's ends.
    case listOffsets = 2
    /// Topics, partitions, leaders.
    case metadata = 3
    /// A group's offsets are stored.
    case offsetCommit = 8
    /// A group's offsets are read.
    case offsetFetch = 9
    /// Which broker keeps a group or a transactional id.
    case findCoordinator = 10
    /// A member enters a group.
    case joinGroup = 11
    /// A member says that it lives.
    case heartbeat = 12
    /// A member asks what it is given.
    case syncGroup = 14
    /// A producer begins.
    case initProducerID = 22
    /// Partitions enter a transaction.
    case addPartitionsToTransaction = 24
    /// A group's offsets enter a transaction.
    case addOffsetsToTransaction = 25
    /// A transaction ends.
    case endTransaction = 26
    /// A group's offsets are stored within a transaction.
    case transactionalOffsetCommit = 28
  }

  /// A cluster of `brokerCount` brokers, listening on ports of 127.0.0.1 that the system chooses.
  ///
  /// - Throws: where no port or no memory is left.
  public init(brokerCount: Int = 1) throws(KafkaError) {
    let conf = ClientConfiguration()
    try conf.set("client.id", "mock")
    rd_kafka_conf_set_log_cb(conf.pointer, dropLogLine)
    let client = try conf.makeClient(RD_KAFKA_PRODUCER, of: Configuration(brokers: ""))
    guard let cluster = rd_kafka_mock_cluster_new(client, Int32(clamping: max(1, brokerCount))) else {
      rd_kafka_destroy(client)
      throw KafkaError(code: .transport, message: "the mock cluster can't listen")
    }
    self.client = client
    self.cluster = cluster
    brokers = rd_kafka_mock_cluster_bootstraps(cluster).map { String(cString: $0) } ?? ""
  }

  deinit {
    rd_kafka_mock_cluster_destroy(cluster)
    rd_kafka_destroy(client)
  }

  /// Makes a topic; one that exists already is an error.
  public func createTopic(_ name: String, partitions: Int = 1, replication: Int = 1) throws(KafkaError) {
    try KafkaError.check(
      rd_kafka_mock_topic_create(cluster, name, Int32(clamping: partitions), Int32(clamping: replication)))
  }

  /// Breaks all connections of the broker (numbered from 1), and refuses new ones until `startBroker`.
  public func stopBroker(_ id: Int32) { rd_kafka_mock_broker_set_down(cluster, id) }

  /// Lets the broker be reached again.
  public func startBroker(_ id: Int32) { rd_kafka_mock_broker_set_up(cluster, id) }

  /// The broker answers each request so much later.
  public func delayBroker(_ id: Int32, by delay: Duration) {
    rd_kafka_mock_broker_set_rtt(cluster, id, delay.rdkafkaMilliseconds)
  }

  /// The next requests of this kind are answered with these errors, one each; 0 is none. Without any, those that are
  /// left from earlier calls are dropped.
  public func fail(_ request: Request, with codes: [KafkaError.Code]) {
    if codes.isEmpty { return rd_kafka_mock_clear_request_errors(cluster, request.rawValue) }
    let codes = codes.map { rd_kafka_resp_err_t($0.rawValue) }
    rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, codes.count, codes)
  }

  /// Brokers know this kind of request only up to this version of it.
  public func limit(_ request: Request, toVersion version: Int16) throws(KafkaError) {
    try KafkaError.check(rd_kafka_mock_set_apiversion(cluster, request.rawValue, 0, version))
  }

  /// Moves a partition's leadership to a broker (numbered from 1).
  public func setLeader(of partition: TopicPartition, to broker: Int32) {
    rd_kafka_mock_partition_set_leader(cluster, partition.topic, partition.partition, broker)
  }

  /// Every request about this topic is answered with this error; nil: no more.
  public func setError(_ code: KafkaError.Code?, of topic: String) {
    rd_kafka_mock_topic_set_error(cluster, topic, rd_kafka_resp_err_t(code?.rawValue ?? 0))
  }
}

/// The cluster's own log says nothing that its users want. Called on librdkafka's threads.
private func dropLogLine(
  _ client: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?
) {}
