import Streams

extension Settings {
  /// `[lag]`: the consumer groups whose lag is watched, and the cluster.
  public struct Lag: Equatable, Sendable {
    /// Names, or regular expressions that begin with `^`; without any, only the cluster is watched. Expressions don't
    /// match statusd's own groups.
    public var groups = ["^.*"]
    /// From one round of questions to the next.
    public var interval = Duration.seconds(10)
    /// How long a group may leave readable records alone before it is stalled or stopped.
    public var stalledAfter = Duration.milliseconds(GroupMeter.defaultPatience)

    /// The defaults.
    public init() {}
  }

  /// How many names and expressions there may be.
  static let greatestLagGroups = 100
}

extension Key {
  /// `[lag]`
  static let lag: [Key] = [
    Key(
      table: "lag", name: "groups", reloads: true,
      read: { place, settings in
        if let groups = place.groups() { settings.lag?.groups = groups }
      },
      value: { $0.lag.map { .texts($0.groups) } }),
    duration("interval", \.interval, .seconds(1) ... .seconds(3_600)),
    duration("stalled_after", \.stalledAfter, .seconds(1) ... .seconds(86_400)),
  ]

  private static func duration(
    _ name: String, _ path: WritableKeyPath<Settings.Lag, Duration> & Sendable, _ range: ClosedRange<Duration>
  ) -> Key {
    Key(
      table: "lag", name: name, reloads: true,
      read: { place, settings in
        if let duration = place.duration(range) { settings.lag?[keyPath: path] = duration }
      },
      value: { $0.lag.map { .duration($0[keyPath: path]) } })
  }
}

extension NamedValue {
  /// Names and regular expressions of consumer groups; nil if one has a mistake.
  fileprivate func groups() -> [String]? {
    let wanted = "write names of consumer groups in brackets, as in groups = [\"billing\"]"
    return texts(wanted, most: Settings.greatestLagGroups) { text in
      text.hasPrefix("^") ? Expression.problem(of: text)?.sentence : Names.problem(ofGroup: text)
    }
  }
}
