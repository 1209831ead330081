internal import Crdkafka
import Platform

/// A call of librdkafka's for a transaction, on a thread of its own: made once, however often somebody waits for it.
///
/// librdkafka can be asked again where a call's time is over. But an answer of the brokers that arrives just then is
/// counted twice, and each call from there on gets the answer of the one before it: "Operation not valid in state
/// CommitNotAcked" (`rd_kafka_txn_op_req0` in rdkafka_txnmgr.c; seen with 2.0.2 and 2.16).
final class TransactionCall: @unchecked Sendable {
  /// What is asked for.
  enum Kind { case offsets, commit, abort }

  let kind: Kind
  private let client: Client
  private let body: (_ handle: OpaquePointer) -> OpaquePointer?
  /// What the answer says; to be read when it is there.
  private(set) var error: KafkaError?
  private var thread: JoinHandle?

  /// Makes the call, which returns its error object, with this client.
  ///
  /// - Throws: `.retry` where there can't be another thread now.
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

  /// Waits for the answer; whether it has come by `deadline`.
  func isAnswered(by deadline: MonotonicTime) -> Bool { thread?.join(until: deadline) ?? false }
}
