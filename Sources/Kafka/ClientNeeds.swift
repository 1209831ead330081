/// An upper bound of the resources that clients need. It is checked before they are created, because librdkafka aborts
/// the process by an assertion if it can't create a thread.
public struct ClientNeeds: Equatable, Sendable {
  /// Threads.
  public var threads: Int
  /// File descriptors.
  public var descriptors: Int

  /// Needs that were computed elsewhere.
  public init(threads: Int, descriptors: Int) {
    self.threads = threads
    self.descriptors = descriptors
  }

  /// The needs of one client.
  ///
  /// librdkafka starts one thread for the client, one for internal work without a broker, one for the coordinator, one
  /// for each broker, and one for each address of `bootstrap.servers` that differs from the brokers' advertised names.
  /// Each thread except the first has a connection and a pipe that wakes it.
  ///
  /// - Parameters:
  ///   - brokers: the number of brokers in the cluster.
  ///   - addresses: the number of addresses in `bootstrap.servers`.
  public init(brokers: Int, addresses: Int) {
    let peers = brokers + addresses
    threads = 3 + peers
    descriptors = 2 * (peers + 2) + peers + 1
  }

  /// The sum of both.
  public static func + (a: Self, b: Self) -> Self {
    Self(threads: a.threads + b.threads, descriptors: a.descriptors + b.descriptors)
  }

  /// `count` times the needs.
  public static func * (count: Int, needs: Self) -> Self {
    Self(threads: count * needs.threads, descriptors: count * needs.descriptors)
  }
}

extension Configuration {
  /// The assumed number of brokers while it is unknown.
  public var assumedBrokers: Int { max(3, addresses.count) }

  /// The needs of each client with this configuration in a cluster of `brokers` brokers.
  public func needs(brokers: Int) -> ClientNeeds { ClientNeeds(brokers: brokers, addresses: addresses.count) }
}
