import Platform

/// Whose times a topic keeps, and which of them it takes.
public struct TopicTimes: Equatable, Sendable {
  /// Records keep the times of their producers (`message.timestamp.type=CreateTime`), not the broker's own.
  public var isCreateTime: Bool
  /// How far a producer's clock may be ahead of the broker's; nil: as far as it wants.
  public var ahead: Duration?
  /// How far it may be behind; nil: as far as it wants.
  public var behind: Duration?

  /// As a topic's configuration says. Brokers before 3.6 have one bound for both, those before 4.0 all three.
  public init(_ configuration: [String: String]) {
    isCreateTime = configuration["message.timestamp.type"] == "CreateTime"
    func bound(_ name: String) -> Duration? {
      let all = [name, "message.timestamp.difference.max.ms"].compactMap { configuration[$0].flatMap { Int64($0) } }
      guard let least = all.min(), least < .max / 1_000_000 else { return nil }
      return .milliseconds(least)
    }
    ahead = bound("message.timestamp.after.max.ms")
    behind = bound("message.timestamp.before.max.ms")
  }

  /// What is known of a clock whose times the topic refuses; nil: nothing.
  public var clock: String? {
    switch (ahead, behind) {
    case (let ahead?, nil): "more than \(ahead.roughText) ahead of the broker's"
    case (nil, let behind?): "more than \(behind.roughText) behind the broker's"
    case (let ahead?, let behind?):
      "more than \(ahead.roughText) ahead of the broker's, or \(behind.roughText) behind it"
    case (nil, nil): nil
    }
  }
}
