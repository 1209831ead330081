/// What clients need of the machine at most, so that it can be asked for before they are made: where a thread can't be
/// made, librdkafka ends the process by an assertion.
public struct ClientNeeds: Equatable, Sendable {
  /// Threads.
  public var threads: Int
  /// File descriptors.
  public var descriptors: Int

  /// Needs that are counted some other way.
  public init(threads: Int, descriptors: Int) {
    self.threads = threads
    self.descriptors = descriptors
  }

  /// One client of a cluster.
  ///
  /// librdkafka starts a thread for the client, one for what belongs to no broker, one for the coordinator, and one for
  /// each broker, and for each address of `bootstrap.servers` that brokers call by another name. Each thread but the
  /// first has a pipe that wakes it, and a connection.
  ///
  /// - Parameters:
  ///   - brokers: how many the cluster has.
  ///   - addresses: how many `bootstrap.servers` names.
  public init(brokers: Int, addresses: Int) {
    let peers = brokers + addresses
    threads = 3 + peers
    descriptors = 2 * (peers + 2) + peers + 1
  }

  /// Both together.
  public static func + (a: Self, b: Self) -> Self {
    Self(threads: a.threads + b.threads, descriptors: a.descriptors + b.descriptors)
  }

  /// So many of it.
  public static func * (count: Int, needs: Self) -> Self {
    Self(threads: count * needs.threads, descriptors: count * needs.descriptors)
  }
}

extension Configuration {
  /// How many brokers a cluster is taken to have as long as nobody has asked it.
  public var assumedBrokers: Int { max(3, addresses.count) }

  /// What each client of this configuration needs in a cluster of `brokers`.
  public func needs(brokers: Int) -> ClientNeeds { ClientNeeds(brokers: brokers, addresses: addresses.count) }
}
