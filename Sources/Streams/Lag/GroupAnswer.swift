/// What brokers say of one consumer group in one round. Any numbers may come: those that can't be are taken as absent.
public struct GroupAnswer: Equatable, Sendable {
  /// What is known of the first record that the group can read from its position on. That is the greater of its
  /// committed offset and the log's start.
  public enum FirstRecord: Hashable, Sendable {
    /// Nobody asked, or nobody answered.
    case unknown
    /// The meter may not read the topic.
    case refused
    /// There is none before this offset: all that is there are transaction markers, records of aborted transactions,
    /// and holes that compaction left.
    case nothing(before: Int64)
    /// Its Kafka time, milliseconds since the epoch; negative if it has none.
    case record(time: Int64)
  }

  /// One partition.
  public struct Lane: Equatable, Sendable {
    /// Which one.
    public var partition: StreamPartition
    /// The offset that the group has committed; nil if none.
    public var committed: Int64?
    /// The first offset of the log; nil if unknown, which is taken as 0.
    public var logStart: Int64?
    /// The offset after the last record that is replicated; nil if the partition's leader gives no answer.
    public var highWatermark: Int64?
    /// The offset of the first record of a transaction that is still open, or the high watermark; nil if unknown.
    public var lastStable: Int64?
    /// What the answer to a question of this round says. `.unknown` leaves what an earlier round learnt of the same
    /// position.
    public var firstRecord: FirstRecord

    /// A partition whose first record isn't asked for yet.
    public init(
      _ partition: StreamPartition, committed: Int64?, logStart: Int64?, highWatermark: Int64?,
      lastStable: Int64? = nil, firstRecord: FirstRecord = .unknown
    ) {
      self.partition = partition
      self.committed = committed
      self.logStart = logStart
      self.highWatermark = highWatermark
      self.lastStable = lastStable
      self.firstRecord = firstRecord
    }
  }

  /// The partitions that the group has committed offsets for. Those without are left out of everything. Of a partition
  /// that is there twice the last one counts.
  public var lanes: [Lane]
  /// The number of members; nil if unknown.
  public var members: Int?
  /// The coordinator's word for the group's state, such as `Stable` or `Empty`; nil if unknown. After `Dead`, which is
  /// also what an old client hears of a group of the new protocol, nobody knows the members.
  public var word: String?
  /// The topics of which members have partitions; nil if unknown. Counts only while the group isn't rebalancing.
  public var topics: Set<String>?

  /// An answer.
  public init(lanes: [Lane], members: Int? = nil, word: String? = nil, topics: Set<String>? = nil) {
    self.lanes = lanes
    self.members = members
    self.word = word
    self.topics = topics
  }

  /// The number of members, where it says something.
  var knownMembers: Int? {
    guard let members, members >= 0, word != "Dead", word != "Unknown" else { return nil }
    return members
  }

  /// The topics that members have surely divided among themselves; nil if nobody knows. A group that is rebalancing has
  /// no assignments, and those of other kinds of groups can't be read.
  var assignedTopics: Set<String>? {
    guard let topics, !topics.isEmpty, word == nil || word == "Stable", let knownMembers, knownMembers > 0 else {
      return nil
    }
    return topics
  }

  /// For each topic the partitions with a committed offset, each once.
  var lanesByTopic: [String: [Int32: (lane: Lane, committed: Int64)]] {
    var topics: [String: [Int32: (lane: Lane, committed: Int64)]] = [:]
    for lane in lanes {
      guard let committed = lane.committed, committed >= 0 else { continue }
      topics[lane.partition.topic, default: [:]][lane.partition.number] = (lane, committed)
    }
    return topics
  }
}

/// The ends of a partition's log, in order: 0 ≤ `start` ≤ `readableEnd` ≤ `end`.
struct LogEnds: Equatable {
  /// The first offset.
  let start: Int64
  /// From here on a reader of committed records gets nothing yet.
  let readableEnd: Int64
  /// The high watermark.
  let end: Int64

  /// Nil if the leader gave no answer.
  init?(_ lane: GroupAnswer.Lane) {
    guard let end = lane.highWatermark, end >= 0 else { return nil }
    self.end = end
    start = min(max(0, lane.logStart ?? 0), end)
    let stable = lane.lastStable ?? end
    readableEnd = stable < 0 ? end : min(max(start, stable), end)
  }

  /// The nearest offset that the log has or is about to have.
  func nearest(to position: Int64) -> Int64 { min(max(position, start), end) }
}
