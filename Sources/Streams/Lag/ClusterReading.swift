import Platform

/// The cluster as its metadata describes it.
public struct ClusterReading: Equatable, Sendable {
  /// One partition.
  public struct Partition: Equatable, Sendable {
    /// The number of the broker that leads it; nil or negative if none does.
    public var leader: Int32?
    /// The brokers that hold a replica.
    public var replicas: [Int32]
    /// Those in sync.
    public var inSync: [Int32]

    /// A partition.
    public init(leader: Int32?, replicas: [Int32], inSync: [Int32]) {
      self.leader = leader
      self.replicas = replicas
      self.inSync = inSync
    }

    /// Whether nobody can read or write it.
    var isOffline: Bool { leader.map { $0 < 0 } ?? true }
    /// Whether a replica isn't in sync.
    var isUnderReplicated: Bool { !Set(replicas).subtracting(inSync).isEmpty }
  }

  /// The numbers of the brokers that are alive.
  public var brokers: Set<Int32>
  /// The partitions of all topics that the meter may see.
  public var partitions: [Partition]

  /// A description.
  public init(brokers: Set<Int32>, partitions: [Partition]) {
    self.brokers = brokers
    self.partitions = partitions
  }

  /// The reading of subject `kafka`, at the brokers' time `time` in milliseconds.
  ///
  /// `brokers_missing` counts brokers that hold a replica and aren't alive. One that holds none may be gone for good:
  /// nobody knows that it was there.
  public func reading(at time: Int64) -> StreamReading {
    let holders = Set(partitions.lazy.flatMap(\.replicas))
    return StreamReading(
      subject: "kafka", kind: "cluster", end: WallTime(milliseconds: GroupMeter.time(time)),
      numbers: [
        ("brokers", Double(brokers.count)),
        ("brokers_missing", Double(holders.subtracting(brokers).count)),
        ("partitions", Double(partitions.count)),
        ("partitions_offline", Double(partitions.count { $0.isOffline })),
        ("partitions_under_replicated", Double(partitions.count { $0.isUnderReplicated })),
      ])
  }
}

extension StreamReading {
  /// The reading of subject `kafka@INSTANCE`: what a client of the cluster sees, from a meter's own records.
  ///
  /// - Parameters:
  ///   - instance: the meter's.
  ///   - appendTime: from sending a record until brokers have it, milliseconds; nil or negative if unknown.
  ///   - commitTime: how long a transaction's commit took, milliseconds; nil or negative if unknown.
  ///   - time: the brokers' clock, milliseconds since the epoch.
  public static func probe(
    instance: String, appendTime: Double?, commitTime: Double?, at time: Int64
  ) -> StreamReading {
    var numbers: [(name: String, value: Double)] = []
    if let appendTime, appendTime >= 0 { numbers.append(("append_ms", appendTime)) }
    if let commitTime, commitTime >= 0 { numbers.append(("commit_ms", commitTime)) }
    return StreamReading(
      subject: subject(["kafka@" + instance]), kind: "probe", end: WallTime(milliseconds: GroupMeter.time(time)),
      numbers: numbers)
  }
}
