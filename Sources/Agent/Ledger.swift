import Kafka

/// Tracks records: waiting, delivered or refused, and whether unacknowledged ones must be sent again.
struct Ledger {
  /// Counts of the records so far.
  struct Counts: Equatable, Sendable {
    /// Records that a broker has acknowledged.
    var delivered: Int64 = 0
    /// Records that brokers refused for good.
    var refused: Int64 = 0
    /// Records of statusd's own metrics that it isn't authorized to write.
    var ownRefused: Int64 = 0
  }

  /// The reason why records must be sent again.
  struct Failure {
    /// The producer's error.
    var error: KafkaError
    /// The error code of the record.
    var code: KafkaError.Code
  }

  var backlog: Backlog
  private(set) var counts = Counts()
  /// Why a delivery failed since the last rewind; nil if none did. Once the producer holds no records, the backlog is
  /// handed over again. A refusal takes precedence over other failures, because it causes them.
  private(set) var failure: Failure?
  /// The error code with which brokers last refused a record for good.
  private(set) var refusal: KafkaError.Code?

  /// Why brokers refuse statusd's own metrics; nil if they don't.
  private(set) var ownRefusal: KafkaError?

  /// An empty ledger.
  init(backlogBytes: Int) { backlog = Backlog(limit: backlogBytes) }

  /// Takes a producer's delivery report of one record.
  ///
  /// - Parameters:
  ///   - code: the error code of the record itself.
  ///   - isAlone: whether the record was the only one in its batch, so that a refusal is its own.
  mutating func settle(_ token: UInt, _ error: KafkaError?, _ code: KafkaError.Code, isAlone: Bool) {
    guard let error else {
      counts.delivered += 1
      backlog.acknowledge(token)
      return
    }
    if code == .topicAuthorizationFailed, backlog.kind(of: token) == .own {
      // Samples go on without these records, by another producer if this one has failed.
      ownRefusal = KafkaError(code: code, message: code.words)
      counts.ownRefused += 1
      backlog.acknowledge(token)
      if error.isFatal { fail(error) }
      return
    }
    if code.isRefusalOfRecord, isAlone { return refuse(token, code) }
    if failure?.code.isRefusalOfRecord != true { failure = Failure(error: error, code: code) }
  }

  /// Notes that the producer accepts no record at all.
  mutating func fail(_ error: KafkaError) { failure = failure ?? Failure(error: error, code: error.code) }

  /// Drops a record that was handed over and that no retry can deliver.
  mutating func refuse(_ token: UInt, _ code: KafkaError.Code) {
    counts.refused += 1
    refusal = code
    backlog.acknowledge(token)
  }

  /// Makes every unacknowledged record wait to be handed over again, in order. Call it only when no producer holds any
  /// of them.
  mutating func rewind() {
    failure = nil
    backlog.rewind()
  }
}
