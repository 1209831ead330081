import Kafka
import Settings

extension Settings.Topics {
  /// A topic that statusd needs, with the policy it gets where statusd creates it: the broker's own times
  /// (`LogAppendTime`), so that no clock of a sick host breaks retention or the order of things.
  public func policy(of topic: Needed) -> Admin.NewTopic {
    let (name, policy) =
      switch topic {
      case .status: (status, Self.kept(days: 7))
      case .readings: (readings, Self.kept(days: 7))
      case .monitor: (monitor, Self.kept(days: 7))
      case .alerts: (alerts, Self.kept(days: 30))
      case .alertsCurrent: (alertsCurrent, Self.compacted)
      case .changelog: (changelog, Self.compacted)
      }
    return Admin.NewTopic(
      name, partitions: Int(partitions), replication: replication.map { Int($0) },
      configuration: [("message.timestamp.type", "LogAppendTime")] + policy)
  }

  /// Everything, for so long.
  private static func kept(days: Int) -> [(name: String, value: String)] {
    [("cleanup.policy", "delete"), ("retention.ms", "\(days * 86_400_000)")]
  }

  /// The last record of each key. In small segments that are cleaned early: only closed ones are, and what is written
  /// with each delivery must stay cheap to read.
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
    /// What fires now.
    case alertsCurrent
    /// The evaluator's state.
    case changelog
  }
}
