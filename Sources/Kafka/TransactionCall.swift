internal import Crdkafka
import Platform

/// A transactional call of librdkafka on a thread of its own. It is made once, however often its caller waits for it.
///
/// librdkafka allows a caller to repeat a call that timed out. But if the brokers' answer arrives at that moment, it is
/// counted twice, and each later call gets the answer of the one before it: "Operation not valid in state
/// CommitNotAcked" (`rd_kafka_txn_op_req0` in rdkafka_txnmgr.c; seen with 2.0.2 and 2.16).
final class TransactionCall: @unchecked Sendable {
  /// The kind of call.
  enum Kind { case offsets, commit, abort }

  let kind: Kind
  private let client: Client
  private let body: (_ handle: OpaquePointer) -> OpaquePointer?
  /// The error of the call; valid once it is answered.
  private(set) var error: KafkaError?
  private var thread: JoinHandle?

  /// Starts the call with this client. `body` returns librdkafka's error object.
  ///
  /// - Throws: a retriable error if no thread can be started.
  static func start(
    _ kind: Kind, of client: Client, _ body: @escaping (_ handle: OpaquePointer) -> OpaquePointer?
  ) throws(KafkaError) -> TransactionCall {
    let call = TransactionCall(kind, client, body)
    do throws(SystemError) {
      let thread = try startThread(name: "kafka-\(kind)") { call.run() }
      call.thread = thread
      client.caller = thread
    } catch {
      throw KafkaError(code: .timedOut, message: "\(error)", isRetriable: true)
    }
    return call
  }

  private init(_ kind: Kind, _ client: Client, _ body: @escaping (OpaquePointer) -> OpaquePointer?) {
    self.kind = kind
    self.client = client
    self.body = body
  }

  private func run() { error = KafkaError(consuming: body(client.handle)) }

  /// Waits for the answer until `deadline`. Returns whether it has come.
  func isAnswered(by deadline: MonotonicTime) -> Bool { thread?.join(until: deadline) ?? false }
}
