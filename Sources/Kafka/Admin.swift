internal import Crdkafka
import Platform

/// Asks brokers about topics, and makes and deletes them. Blocks until the answer or the time-out; for start-up,
/// `check`-like commands and tests, not for loops.
public struct Admin: ~Copyable {
  let client: Client

  /// A client of its own; connects in the background.
  public init(_ configuration: Configuration, log: Logger) throws(KafkaError) {
    client = try Client(
      RD_KAFKA_PRODUCER, configuration, conf: ClientConfiguration(), events: RD_KAFKA_EVENT_NONE, log: log, wakeup: nil)
  }

  /// A topic to be made.
  public struct NewTopic: Sendable {
    /// Its name.
    public var name: String
    /// How many partitions.
    public var partitions: Int
    /// On how many brokers each partition is kept; nil: as the cluster is set.
    public var replication: Int?
    /// Its configuration, such as `message.timestamp.type`.
    public var configuration: [(name: String, value: String)]

    /// A topic with `partitions` partitions.
    public init(
      _ name: String, partitions: Int = 1, replication: Int? = nil,
      configuration: [(name: String, value: String)] = []
    ) {
      self.name = name
      self.partitions = partitions
      self.replication = replication
      self.configuration = configuration
    }
  }

  /// What a cluster knows of a topic.
  public struct Topic: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// Its partitions, by number.
    public var partitions: [Partition]
    /// Why nothing is known of it.
    public var error: KafkaError?
  }

  /// What a cluster knows of a partition.
  public struct Partition: Equatable, Sendable {
    /// Its number.
    public var id: Int32
    /// The broker that leads it; -1: none does.
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

  /// Makes topics.
  ///
  /// - Returns: for each, in order, why it wasn't made; `.topicAlreadyExists` is one of the errors.
  public func create(_ topics: [NewTopic], within limit: Duration) throws(KafkaError) -> [KafkaError?] {
    throw KafkaError(code: .unsupportedFeature, message: "")
  }

  /// Deletes topics.
  ///
  /// - Returns: for each, in order, why it wasn't deleted.
  public func delete(_ topics: [String], within limit: Duration) throws(KafkaError) -> [KafkaError?] {
    throw KafkaError(code: .unsupportedFeature, message: "")
  }

  /// The brokers, and one topic or (nil) all of them. A topic that doesn't exist comes with its error, and is not made.
  public func describe(topic: String? = nil, within limit: Duration) throws(KafkaError) -> Cluster {
    throw KafkaError(code: .unsupportedFeature, message: "")
  }

  /// A topic's configuration, defaults included.
  public func configuration(of topic: String, within limit: Duration) throws(KafkaError) -> [String: String] {
    throw KafkaError(code: .unsupportedFeature, message: "")
  }

  /// Ends the client; what takes longer than until `deadline` is left behind on a thread of its own.
  public consuming func close(by deadline: MonotonicTime) {
    _ = client.close(by: deadline)
  }
}
