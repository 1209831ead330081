import Kafka

/// How long a reliable producer tries.
public enum Endurance: Sendable {
  /// As long as it takes, with growing pauses: for a daemon. A record is dropped only if brokers refuse it for what it
  /// is. Brokers refuse a whole batch for one record, and don't tell which; so after a refusal each record goes in a
  /// batch of its own, until a minute has passed without another one.
  case endless
  /// Once more, at once: for a command that somebody waits for. A record that brokers refuse is dropped. A batch that is
  /// larger than its topic accepts is sent again in smaller ones, so that only a record that is too large alone is
  /// dropped. If a new producer fails before it has delivered anything, all is given up.
  case brief
}

/// The connection, the destinations, and how records are sent.
public struct DeliveryPlan: Sendable {
  /// The destination of records.
  public struct Lane: Sendable {
    /// The topic.
    public var topic: String
    /// The key of records without a key. A waiting record gets the key that the lane has when the record is sent.
    public var key: [UInt8]
    /// Whether the lane is closed for five minutes, and its records are dropped, if brokers forbid its topic. Otherwise
    /// they could hold up the other lanes.
    public var isDispensable: Bool

    /// A lane to `topic`.
    public init(topic: String, key: [UInt8] = [], isDispensable: Bool = false) {
      self.topic = topic
      self.key = key
      self.isDispensable = isDispensable
    }
  }

  /// The connection to the brokers.
  public var configuration: Configuration
  /// The destinations, at most 256; records name them by their place here.
  public var lanes: [Lane]
  /// How long the producer tries.
  public var endurance: Endurance
  /// The bounds of the producer's queue, where each record is in memory a second time, and how it sends.
  public var options = Producer.Options()
  /// The maximum batch size in bytes that the topics are known to accept; nil if unknown.
  public var batchBytes: Int?

  /// A plan with the default queue.
  public init(_ configuration: Configuration, lanes: [Lane], endurance: Endurance) {
    self.configuration = configuration
    self.lanes = lanes
    self.endurance = endurance
  }
}

/// Something that the owner of a reliable producer may want to log.
public enum DeliveryNotice {
  /// The producer failed with `error`; a new one sends `records` again. `code` is the failed record's, if there is one.
  case renews(_ error: KafkaError, code: KafkaError.Code, records: Int)
  /// `records` were not delivered, and are sent again after a pause.
  case sendsAgain(_ error: KafkaError, code: KafkaError.Code, records: Int)
  /// Brokers refuse records with `code`; each now goes in a batch of its own.
  case sendsAlone(code: KafkaError.Code)
  /// No producer could be created. The next attempt follows after a pause.
  case cannotRenew(_ error: KafkaError)
  /// The record with this number was dropped.
  case setAside(number: UInt, _ error: KafkaError)
}
