import Kafka

extension Settings.Topics {
  /// A topic that statusd needs, with the policy it gets where statusd creates it: the broker's own times
  /// (`LogAppendTime`), so that no clock of a sick host breaks retention or the order of things.
  public func policy(of topic: Needed) -> Admin.NewTopic {
    let (name, days) =
      switch topic {
      case .status: (status, 7)
      case .monitor: (monitor, 7)
      case .alerts: (alerts, 30)
      }
    return Admin.NewTopic(
      name, partitions: Int(partitions), replication: replication.map { Int($0) },
      configuration: [
        ("message.timestamp.type", "LogAppendTime"), ("cleanup.policy", "delete"),
        ("retention.ms", "\(days * 86_400_000)"),
      ])
  }

  /// What a topic is for.
  public enum Needed: Sendable, CaseIterable {
    /// Status records.
    case status
    /// Monitor records.
    case monitor
    /// Transitions.
    case alerts
  }
}
