import Evaluator
import Kafka

extension EvaluatorService {
  /// The maximum needs of one worker, if each client needs `client`.
  ///
  /// It has a consumer and a producer. While it restores, it has a reader of the changelog. One more client is for a
  /// question that the others can't ask, or is a failed one that is closing. Three threads: the worker's, one for a
  /// call of its transaction, and one that closes a client.
  public static func needsOfWorker(_ client: ClientNeeds) -> ClientNeeds {
    4 * client + ClientNeeds(threads: 3, descriptors: 6)
  }
}
