import Platform

/// Whose timestamps a topic keeps, and which ones it accepts.
public struct TopicTimes: Equatable, Sendable {
  /// Whether records keep their producers' timestamps (`message.timestamp.type=CreateTime`) instead of the broker's.
  public var isCreateTime: Bool
  /// How far a producer's clock may be ahead of the broker's; nil if unlimited.
  public var ahead: Duration?
  /// How far a producer's clock may be behind the broker's; nil if unlimited.
  public var behind: Duration?

  /// Parses a topic's configuration. Brokers before 3.6 have one limit for both directions, those before 4.0 have all
  /// three.
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

  /// How a refused timestamp's clock must be wrong; nil if there is no limit.
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
