import Kafka

/// What is known of the records on their way: those that wait, those that arrived, and whether all must go again.
struct Ledger {
  /// What became of the records so far.
  struct Counts: Equatable, Sendable {
    /// A broker has them.
    var delivered: Int64 = 0
    /// No broker ever takes them: too large.
    var refused: Int64 = 0
  }

  var backlog: Backlog
  private(set) var counts = Counts()
  /// Why a delivery failed since the last rewind: once the producer holds nothing, the backlog goes to it again.
  private(set) var failure: KafkaError?

  /// Why brokers refuse this program's own numbers; nil: they don't.
  private(set) var ownRefusal: KafkaError?

  /// Nothing on its way yet.
  init(backlogBytes: Int) { backlog = Backlog(limit: backlogBytes) }

  /// Takes a producer's report of one record.
  mutating func settle(_ token: UInt, _ error: KafkaError?) {
    switch error {
    case nil:
      counts.delivered += 1
      backlog.acknowledge(token)
    case let error? where error.code == .messageTooLarge:
      refuse(token)
    case let error? where error.code == .topicAuthorizationFailed && backlog.kind(of: token) == .own:
      // Samples go on without them.
      ownRefusal = error
      refuse(token)
    case let error?:
      failure = error
    }
  }

  /// A producer takes no record at all.
  mutating func fail(_ error: KafkaError) { failure = error }

  /// The record was handed over and can't be sent by any waiting.
  mutating func refuse(_ token: UInt) {
    counts.refused += 1
    backlog.acknowledge(token)
  }

  /// Everything that isn't acknowledged is handed over again, in order. Only once no producer holds any of it.
  mutating func rewind() {
    failure = nil
    backlog.rewind()
  }
}
