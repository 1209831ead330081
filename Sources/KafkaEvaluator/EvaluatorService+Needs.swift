import Evaluator
import Kafka

extension EvaluatorService {
  /// What one worker needs at most, where each client needs `client`.
  ///
  /// It has a consumer and a producer; while it restores, a reader of the changelog, and one more client that asks for
  /// what another can't, or one that has failed and is ending. Three threads: the worker's, that of a call for its
  /// transaction, and one that ends a client.
  public static func needsOfWorker(_ client: ClientNeeds) -> ClientNeeds {
    4 * client + ClientNeeds(threads: 3, descriptors: 6)
  }
}
