import Platform
import Streams

/// What a worker meters if it falls to it.
package struct StreamOrders: WorkerOrders, Equatable {
  package var definitions: [StreamDefinition]
  /// Topics of statusd's own, which expressions of topics don't match.
  package var ownTopics: Set<String>
  /// The cluster and its consumer groups; nil if nobody is to ask for them.
  package var lag: LagOrders?

  /// These streams.
  package init(_ definitions: [StreamDefinition], ownTopics: Set<String>, lag: LagOrders? = nil) {
    self.definitions = definitions
    self.ownTopics = ownTopics
    self.lag = lag
  }

  package var count: Int { definitions.count }

  /// Definitions aren't stored.
  package func greatestStoredSize(instance: String) -> Int { 0 }
}

/// What is asked about the cluster and its consumer groups.
package struct LagOrders: Equatable, Sendable {
  /// The groups: names, or regular expressions that begin with `^`; without any, only the cluster is looked at.
  package var groups: [String]
  /// From one round to the next.
  package var interval: Duration
  /// How long a group may leave readable records alone before it is stalled or stopped.
  package var stalledAfter: Duration
  /// statusd's own groups, which expressions don't match.
  package var ownGroups: Set<String>

  /// These groups.
  package init(groups: [String], interval: Duration, stalledAfter: Duration, ownGroups: Set<String>) {
    self.groups = groups
    self.interval = interval
    self.stalledAfter = stalledAfter
    self.ownGroups = ownGroups
  }
}
