import Kafka
import Settings

extension Settings.Topics {
  /// A topic that statusd needs, with the policy with which statusd creates it. Records get the broker's time
  /// (`LogAppendTime`), so that no host's wrong clock breaks retention or the order of records.
  public func policy(of topic: Needed) -> Admin.NewTopic {
    let (name, policy) =
      switch topic {
      case .status: (status, Self.kept(days: 7))
      case .readings: (readings, Self.kept(days: 7))
      case .monitor: (monitor, Self.kept(days: 7))
      case .alerts: (alerts, Self.kept(days: 30))
      case .alertsCurrent: (alertsCurrent, Self.compacted)
      case .changelog: (changelog, Self.compacted)
      case .streams: (streams, Self.compacted)
      case .forward: (forward, Self.compacted)
      case .undelivered: (undelivered, Self.kept(days: 30))
      }
    return Admin.NewTopic(
      name, partitions: topic == .streams || topic == .forward ? Self.sharedPartitions : Int(partitions),
      replication: replication.map { Int($0) },
      configuration: [("message.timestamp.type", "LogAppendTime")] + policy)
  }

  /// Meters share streams, and forwarders receivers, by the partitions of their topic: it has as many as could ever share
  /// them.
  static let sharedPartitions = 12

  /// Keeps every record for this many days.
  private static func kept(days: Int) -> [(name: String, value: String)] {
    [("cleanup.policy", "delete"), ("retention.ms", "\(days * 86_400_000)")]
  }

  /// Keeps the last record of each key. Only closed segments are compacted, so they are small and compacted early: the
  /// topic must stay cheap to read although each delivery writes to it.
  private static var compacted: [(name: String, value: String)] {
    [
      ("cleanup.policy", "compact"), ("segment.ms", "600000"), ("segment.bytes", "67108864"),
      ("min.cleanable.dirty.ratio", "0.1"),
    ]
  }

  /// What a topic is for.
  public enum Needed: Sendable, CaseIterable {
    /// Status records.
    case status
    /// statusd's own metrics.
    case readings
    /// Monitor records.
    case monitor
    /// Transitions.
    case alerts
    /// The alerts that fire now.
    case alertsCurrent
    /// The evaluator's state.
    case changelog
    /// The meters' state.
    case streams
    /// The forwarders' state.
    case forward
    /// Transitions that receivers could not be told of.
    case undelivered
  }
}
