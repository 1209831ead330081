import Streams

/// The streams that a worker meters if they fall to it.
package struct StreamOrders: WorkerOrders, Equatable {
  package var definitions: [StreamDefinition]
  /// Topics of statusd's own, which expressions of topics don't match.
  package var ownTopics: Set<String>

  /// These streams.
  package init(_ definitions: [StreamDefinition], ownTopics: Set<String>) {
    self.definitions = definitions
    self.ownTopics = ownTopics
  }

  package var count: Int { definitions.count }

  /// Definitions aren't stored.
  package func greatestStoredSize(instance: String) -> Int { 0 }
}
