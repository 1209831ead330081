import Streams

/// A question about the cluster and its consumer groups. A round of a meter asks them in this order.
public enum ClusterQuestion: Equatable, Sendable {
  /// Which brokers and partitions there are, and, if wanted, which groups.
  case overview(withGroups: Bool)
  /// What these groups have committed, and where the logs of their partitions begin and end.
  case positions(of: [String])
  /// Which records come first from these offsets on.
  case firstRecords([GroupMeter.Question])
}

/// What brokers say. Whatever they don't say in time is left out.
public enum ClusterAnswer: Equatable, Sendable {
  /// To `overview`.
  case overview(ClusterOverview)
  /// To `positions`: for each group its partitions with a committed offset in topics that exist. A group whose
  /// coordinator gives no answer, or that this client may not ask for, is left out.
  case positions([String: [GroupAnswer.Lane]])
  /// To `firstRecords`.
  case firstRecords([GroupMeter.Question: GroupAnswer.FirstRecord])
  /// Brokers don't answer; says why.
  case none(reason: String)
}

/// The cluster and its groups at one moment.
public struct ClusterOverview: Equatable, Sendable {
  /// Brokers and partitions.
  public var cluster: ClusterReading
  /// The groups by name, as far as brokers tell.
  public var groups: [String: GroupView]
  /// Whether all groups are known, so that those left out don't exist.
  public var hasAllGroups: Bool

  /// A cluster with these groups.
  public init(cluster: ClusterReading, groups: [String: GroupView] = [:], hasAllGroups: Bool = false) {
    self.cluster = cluster
    self.groups = groups
    self.hasAllGroups = hasAllGroups
  }
}

/// A consumer group as its coordinator sees it; see `GroupAnswer`.
public struct GroupView: Equatable, Sendable {
  /// The number of members; nil if unknown.
  public var members: Int?
  /// The coordinator's word for its state; nil if unknown.
  public var word: String?
  /// The topics of which members have partitions; nil if unknown.
  public var topics: Set<String>?

  /// A group; of one that the coordinator doesn't describe nothing is known.
  public init(members: Int? = nil, word: String? = nil, topics: Set<String>? = nil) {
    self.members = members
    self.word = word
    self.topics = topics
  }
}

/// How long brokers took for a delivery.
public struct DeliveryTimes: Equatable, Sendable {
  /// The longest time from sending a record until brokers had it; nil if unknown.
  public var append: Duration?
  /// How long they took to commit; nil if unknown.
  public var commit: Duration?

  /// These times.
  public init(append: Duration? = nil, commit: Duration? = nil) {
    self.append = append
    self.commit = commit
  }
}
