internal import Crdkafka
import Glibc
import Platform

/// librdkafka's small Kafka cluster inside this process, for tests and the demo: no broker, no disk, no JVM.
///
/// It doesn't support admin requests, log append time, offsets for times, or fencing. A group join takes about 3 s in
/// librdkafka 2.0.2. It keeps at most 5 MiB or 100,000 batches of a partition.
public final class MockCluster: @unchecked Sendable {
  private let client: OpaquePointer
  private let cluster: OpaquePointer
  /// The cluster's addresses, for `bootstrap.servers`.
  public let brokers: String

  /// A kind of request, by its API key in Kafka's protocol.
  public enum Request: Int16, Sendable {
    /// Sends records to a broker.
    case produce = 0
    /// Fetches records from a broker.
    case fetch = 1
    /// Looks up offsets by time, or the ends of a log.
    case listOffsets = 2
    /// Gets topics, partitions and leaders.
    case metadata = 3
    /// Commits a group's offsets.
    case offsetCommit = 8
    /// Reads a group's committed offsets.
    case offsetFetch = 9
    /// Finds the broker that coordinates a group or a transactional id.
    case findCoordinator = 10
    /// Joins a group.
    case joinGroup = 11
    /// Sends a group member's heartbeat.
    case heartbeat = 12
    /// Gets a group member's assignment.
    case syncGroup = 14
    /// Gets a producer id.
    case initProducerID = 22
    /// Adds partitions to a transaction.
    case addPartitionsToTransaction = 24
    /// Adds a group's offsets to a transaction.
    case addOffsetsToTransaction = 25
    /// Ends a transaction.
    case endTransaction = 26
    /// Commits a group's offsets within a transaction.
    case transactionalOffsetCommit = 28
  }

  /// Creates a cluster of `brokerCount` brokers, which listen on ports of 127.0.0.1 that the system chooses.
  ///
  /// - Throws: if no port or no memory is left.
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

  /// Creates a topic; throws if it already exists.
  public func createTopic(_ name: String, partitions: Int = 1, replication: Int = 1) throws(KafkaError) {
    try KafkaError.check(
      rd_kafka_mock_topic_create(cluster, name, Int32(clamping: partitions), Int32(clamping: replication)))
  }

  /// Closes all connections of the broker (numbered from 1), and refuses new ones until `startBroker`.
  public func stopBroker(_ id: Int32) { rd_kafka_mock_broker_set_down(cluster, id) }

  /// Makes the broker reachable again.
  ///
  /// Waits until nobody else uses its port, at most 10 s. It is an ephemeral port, so a client that tries to connect to
  /// it meanwhile may get it as its own source port. librdkafka would then abort the process
  /// (`mrkb->listen_s != -1`, 2.0.2).
  public func startBroker(_ id: Int32) {
    let addresses = brokers.split(separator: ",")
    let place = Int(id) - 1
    let port =
      addresses.indices.contains(place) ? addresses[place].split(separator: ":").last.flatMap { UInt16($0) } : nil
    let deadline = SystemTime().monotonic + .seconds(10)
    while let port, SystemTime().monotonic < deadline {
      let bound = Self.bind(to: port)
      if bound >= 0 {
        close(bound)
        break
      }
      usleep(10_000)
    }
    rd_kafka_mock_broker_set_up(cluster, id)
  }

  /// A socket bound to this port of 127.0.0.1 with the options of a broker's; -1 if the port is taken.
  static func bind(to port: UInt16) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if descriptor < 0 { return -1 }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout.size(ofValue: yes)))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    if isBound { return descriptor }
    close(descriptor)
    return -1
  }

  /// Delays each answer of the broker by `delay`.
  public func delayBroker(_ id: Int32, by delay: Duration) {
    rd_kafka_mock_broker_set_rtt(cluster, id, delay.rdkafkaMilliseconds)
  }

  /// Answers the next requests of this kind with these errors, one each; 0 means no error. An empty list drops those
  /// that remain from earlier calls.
  public func fail(_ request: Request, with codes: [KafkaError.Code]) {
    if codes.isEmpty { return rd_kafka_mock_clear_request_errors(cluster, request.rawValue) }
    let codes = codes.map { rd_kafka_resp_err_t($0.rawValue) }
    rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, codes.count, codes)
  }

  /// Limits the version of this kind of request that brokers support.
  public func limit(_ request: Request, toVersion version: Int16) throws(KafkaError) {
    try KafkaError.check(rd_kafka_mock_set_apiversion(cluster, request.rawValue, 0, version))
  }

  /// Moves a partition's leadership to a broker (numbered from 1).
  public func setLeader(of partition: TopicPartition, to broker: Int32) {
    rd_kafka_mock_partition_set_leader(cluster, partition.topic, partition.partition, broker)
  }

  /// Answers every request about this topic with this error; nil ends that.
  public func setError(_ code: KafkaError.Code?, of topic: String) {
    rd_kafka_mock_topic_set_error(cluster, topic, rd_kafka_resp_err_t(code?.rawValue ?? 0))
  }
}

/// Drops the cluster's own log, which its users don't need. Called on librdkafka's threads.
private func dropLogLine(
  _ client: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?
) {}
