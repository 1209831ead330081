import Kafka

/// What is known of the records on their way: those that wait, those that arrived, and whether all must go again.
struct Ledger {
  /// What became of the records so far.
  struct Counts: Equatable, Sendable {
    /// A broker has them.
    var delivered: Int64 = 0
    /// No broker ever takes them.
    var refused: Int64 = 0
    /// This program's own numbers, which it may not write.
    var ownRefused: Int64 = 0
  }

  /// Why records must go again.
  struct Failure {
    /// What the producer says.
    var error: KafkaError
    /// What was said of the record.
    var code: KafkaError.Code
  }

  var backlog: Backlog
  private(set) var counts = Counts()
  /// Why a delivery failed since the last rewind: once the producer holds nothing, the backlog goes to it again. Of
  /// several failures a refusal counts: it is the reason of the others.
  private(set) var failure: Failure?
  /// Why brokers refused a record that was alone in its batch; the last one.
  private(set) var refusal: KafkaError.Code?

  /// Why brokers refuse this program's own numbers; nil: they don't.
  private(set) var ownRefusal: KafkaError?

  /// Nothing on its way yet.
  init(backlogBytes: Int) { backlog = Backlog(limit: backlogBytes) }

  /// Takes a producer's report of one record.
  ///
  /// - Parameters:
  ///   - code: what was said of the record itself.
  ///   - isAlone: it was the only one of its batch, so that a refusal is its own.
  mutating func settle(_ token: UInt, _ error: KafkaError?, _ code: KafkaError.Code, isAlone: Bool) {
    guard let error else {
      counts.delivered += 1
      backlog.acknowledge(token)
      return
    }
    if code == .topicAuthorizationFailed, backlog.kind(of: token) == .own {
      // Samples go on without them, by another producer where this one has failed.
      ownRefusal = KafkaError(code: code, message: code.words)
      counts.ownRefused += 1
      backlog.acknowledge(token)
      if error.isFatal { fail(error) }
      return
    }
    if code.isRefusalOfRecord, isAlone { return refuse(token, code) }
    if failure?.code.isRefusalOfRecord != true { failure = Failure(error: error, code: code) }
  }

  /// A producer takes no record at all.
  mutating func fail(_ error: KafkaError) { failure = failure ?? Failure(error: error, code: error.code) }

  /// The record was handed over and can't be sent by any waiting.
  mutating func refuse(_ token: UInt, _ code: KafkaError.Code) {
    counts.refused += 1
    refusal = code
    backlog.acknowledge(token)
  }

  /// Everything that isn't acknowledged is handed over again, in order. Only once no producer holds any of it.
  mutating func rewind() {
    failure = nil
    backlog.rewind()
  }
}
