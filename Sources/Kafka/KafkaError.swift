internal import Crdkafka

/// An error of Kafka, with its remedy.
///
/// `catch` by code: `catch let error where error.code == .unknownTopicOrPartition`.
public struct KafkaError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public var code: Code
  /// What happened, in one line for people. Never contains the value of a secret property.
  public var message: String
  /// Whether the client is unusable, so that a new one is needed.
  public var isFatal: Bool
  /// Whether the same call may succeed later.
  public var isRetriable: Bool
  /// Whether the open transaction must be aborted.
  public var requiresAbort: Bool

  /// The remedy for an error.
  public enum Remedy: Equatable, Sendable {
    /// Repeat the same call.
    case retry
    /// Abort the transaction, rewind the input, and begin again.
    case abortTransaction
    /// Close the client, create a new one, and resend what wasn't delivered.
    case recreateClient
    /// The program can do nothing: tell the user.
    case report
  }

  /// The remedy, in the order that librdkafka documents for transactions: fatal, abort, retry.
  public var remedy: Remedy {
    if isFatal { return .recreateClient }
    if requiresAbort { return .abortTransaction }
    if isRetriable { return .retry }
    return .report
  }

  /// An error with all its parts.
  public init(
    code: Code, message: String, isFatal: Bool = false, isRetriable: Bool = false, requiresAbort: Bool = false
  ) {
    self.code = code
    self.message = message
    self.isFatal = isFatal
    self.isRetriable = isRetriable
    self.requiresAbort = requiresAbort
  }

  /// The message and the code's name.
  public var description: String { "\(message) (\(code.name))" }
}

extension KafkaError {
  /// A kind of failure. librdkafka's own codes are negative, the brokers' positive (`rd_kafka_resp_err_t`).
  ///
  /// Not an enumeration: a code of a newer broker or librdkafka is an ordinary value.
  public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number of `rd_kafka_resp_err_t`.
    public var rawValue: Int32

    /// The code of this number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// librdkafka's name without the prefix, such as `_TRANSPORT` or `UNKNOWN_TOPIC_OR_PART`.
    public var name: String {
      rd_kafka_err2name(rd_kafka_resp_err_t(rawValue)).map { String(cString: $0) } ?? "ERR_\(rawValue)"
    }

    /// librdkafka's description of it.
    public var words: String {
      rd_kafka_err2str(rd_kafka_resp_err_t(rawValue)).map { String(cString: $0) } ?? name
    }

    /// The name.
    public var description: String { name }
  }
}

extension KafkaError.Code {
  init(_ code: rd_kafka_resp_err_t) { rawValue = code.rawValue }

  /// `_TRANSPORT`: a broker can't be reached, or the connection broke.
  public static let transport = Self(RD_KAFKA_RESP_ERR__TRANSPORT)
  /// `_RESOLVE`: a host name has no address.
  public static let resolve = Self(RD_KAFKA_RESP_ERR__RESOLVE)
  /// `_AUTHENTICATION`: the login was refused.
  public static let authentication = Self(RD_KAFKA_RESP_ERR__AUTHENTICATION)
  /// `_SSL`: TLS failed.
  public static let tls = Self(RD_KAFKA_RESP_ERR__SSL)
  /// `_ALL_BROKERS_DOWN`: no broker is connected.
  public static let allBrokersDown = Self(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
  /// `_QUEUE_FULL`: the producer's queue has no room.
  public static let queueFull = Self(RD_KAFKA_RESP_ERR__QUEUE_FULL)
  /// `_TIMED_OUT`: no answer came in time.
  public static let timedOut = Self(RD_KAFKA_RESP_ERR__TIMED_OUT)
  /// `_MSG_TIMED_OUT`: a record wasn't delivered in its time.
  public static let messageTimedOut = Self(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
  /// `_FATAL`: see the error that came with it.
  public static let fatal = Self(RD_KAFKA_RESP_ERR__FATAL)
  /// `_FENCED`: another producer has taken this one's transactional id.
  public static let fenced = Self(RD_KAFKA_RESP_ERR__FENCED)
  /// `_STATE`: the call isn't possible now.
  public static let state = Self(RD_KAFKA_RESP_ERR__STATE)
  /// `_CONFLICT`: another call has to end first.
  public static let conflict = Self(RD_KAFKA_RESP_ERR__CONFLICT)
  /// `_CRIT_SYS_RESOURCE`: the machine has no thread or memory left for a client.
  public static let noResource = Self(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE)
  /// `_INVALID_ARG`: a call or a property is invalid.
  public static let invalidArgument = Self(RD_KAFKA_RESP_ERR__INVALID_ARG)
  /// `_DESTROY`: the client is closed.
  public static let closed = Self(RD_KAFKA_RESP_ERR__DESTROY)
  /// `_NO_OFFSET`: there is no offset to commit or to read.
  public static let noOffset = Self(RD_KAFKA_RESP_ERR__NO_OFFSET)
  /// `_ASSIGNMENT_LOST`: the group has given the partitions to others.
  public static let assignmentLost = Self(RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST)
  /// `_AUTO_OFFSET_RESET`: the log doesn't have the position (any more), and `Reset.error` is set.
  public static let autoOffsetReset = Self(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
  /// `_MAX_POLL_EXCEEDED`: nothing was fetched for `max.poll.interval.ms`, and the group removed us.
  public static let maxPollExceeded = Self(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
  /// `_UNSUPPORTED_FEATURE`: the broker or this librdkafka lacks the feature.
  public static let unsupportedFeature = Self(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
  /// `_UNKNOWN_TOPIC`: no such topic, as far as the client knows.
  public static let unknownTopic = Self(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
  /// `_UNKNOWN_PARTITION`: no such partition, as far as the client knows.
  public static let unknownPartition = Self(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
  /// `UNKNOWN_TOPIC_OR_PART`: the broker has no such topic or partition.
  public static let unknownTopicOrPartition = Self(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
  /// `TOPIC_ALREADY_EXISTS`.
  public static let topicAlreadyExists = Self(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
  /// `TOPIC_AUTHORIZATION_FAILED`: the user may not do this with the topic.
  public static let topicAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
  /// `GROUP_AUTHORIZATION_FAILED`: the user may not use the group.
  public static let groupAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
  /// `CLUSTER_AUTHORIZATION_FAILED`: the user may not do this with the cluster.
  public static let clusterAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
  /// `TRANSACTIONAL_ID_AUTHORIZATION_FAILED`: the user may not use the transactional id.
  public static let transactionalIDAuthorizationFailed = Self(
    RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  /// `INCONSISTENT_GROUP_PROTOCOL`: the members of the group use another assignment strategy.
  public static let inconsistentGroupProtocol = Self(RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL)
  /// `ILLEGAL_GENERATION`: the group has rebalanced since.
  public static let illegalGeneration = Self(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION)
  /// `UNKNOWN_MEMBER_ID`: the group has removed us.
  public static let unknownMember = Self(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
  /// `FENCED_INSTANCE_ID`: another member has joined the group under this static member's name.
  public static let fencedInstance = Self(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
  /// `REBALANCE_IN_PROGRESS`.
  public static let rebalanceInProgress = Self(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS)
  /// `COORDINATOR_NOT_AVAILABLE`: the partition that stores the group's offsets has no leader, or not yet.
  public static let coordinatorNotAvailable = Self(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE)
  /// `INVALID_REPLICATION_FACTOR`: more replicas than brokers.
  public static let invalidReplicationFactor = Self(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR)
  /// `INVALID_PRODUCER_EPOCH`: a newer producer uses this transactional id.
  public static let invalidProducerEpoch = Self(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
  /// `PRODUCER_FENCED`: a newer producer uses this transactional id; the answer to a transactional request.
  public static let producerFenced = Self(RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
  /// `MSG_SIZE_TOO_LARGE`: the record, or its batch, is larger than the topic allows.
  public static let messageTooLarge = Self(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
  /// `INVALID_TIMESTAMP`: the record's timestamp is too far from the broker's clock.
  public static let invalidTimestamp = Self(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)
  /// `INVALID_RECORD`: the topic doesn't accept such a record.
  public static let invalidRecord = Self(RD_KAFKA_RESP_ERR_INVALID_RECORD)
  /// `INVALID_MSG_SIZE`: the broker considers the record's size invalid.
  public static let invalidMessageSize = Self(RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE)
}

extension KafkaError.Code {
  /// Whether brokers refuse a whole batch because of one record, and would accept the others without it. These are the
  /// codes of `refusesRecord` that concern neither the topic nor the batch as a whole.
  public var isRefusalOfRecord: Bool {
    [.messageTooLarge, .invalidTimestamp, .invalidRecord, .invalidMessageSize].contains(self)
  }

  /// Whether the topic doesn't exist, according to brokers (`.unknownTopicOrPartition`) or librdkafka
  /// (`.unknownTopic`).
  public var isUnknownTopic: Bool { self == .unknownTopicOrPartition || self == .unknownTopic }

  /// Whether brokers or librdkafka refuse the record itself: for its size, its timestamp, or its topic's name or rules.
  /// A retry is refused, too.
  public var refusesRecord: Bool {
    switch rd_kafka_resp_err_t(rawValue) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
      RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, RD_KAFKA_RESP_ERR_INVALID_RECORD,
      RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      true
    default: false
    }
  }

  /// Whether another producer uses this one's transactional id, or brokers have withdrawn it.
  public var isFenced: Bool { [.fenced, .invalidProducerEpoch, .producerFenced].contains(self) }
}

extension KafkaError {
  /// The error of a call that returns only a code.
  init(_ code: rd_kafka_resp_err_t, _ message: String? = nil) {
    let code = Code(code)
    self.init(code: code, message: message ?? code.words)
  }

  /// Converts an error object and destroys it; nil if there is none.
  init?(consuming error: OpaquePointer?) {
    guard let error else { return nil }
    let code = Code(rd_kafka_error_code(error))
    self.init(
      code: code, message: rd_kafka_error_string(error).map { String(cString: $0) } ?? code.words,
      isFatal: rd_kafka_error_is_fatal(error) != 0, isRetriable: rd_kafka_error_is_retriable(error) != 0,
      requiresAbort: rd_kafka_error_txn_requires_abort(error) != 0)
    rd_kafka_error_destroy(error)
  }

  /// Throws unless `code` means success.
  static func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code) }
  }
}
