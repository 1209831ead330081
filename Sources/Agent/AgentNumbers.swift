import Platform

/// Counts of an agent's work, for the log, systemd's status line and statusd's own metrics.
public struct AgentNumbers: Equatable, Sendable {
  /// Samples taken since the start, including lost ones.
  public var samples: Int64 = 0
  /// Samples lost because the buffer was full while no broker accepted records.
  public var samplesLost: Int64 = 0
  /// Samples not taken because the machine or this process was stalled.
  public var ticksMissed: Int64 = 0
  /// Records that a broker has acknowledged.
  public var recordsDelivered: Int64 = 0
  /// Records that no broker has acknowledged yet.
  public var recordsWaiting: Int64 = 0
  /// Records that brokers refused for good.
  public var recordsRefused: Int64 = 0
  /// How often a failed producer was replaced.
  public var producersRenewed: Int64 = 0

  /// All counts are 0.
  public init() {}

  /// The counts as fields of a status record.
  public var fields: [(String, Double)] {
    [
      ("samples", Double(samples)), ("samples_lost", Double(samplesLost)), ("ticks_missed", Double(ticksMissed)),
      ("records_delivered", Double(recordsDelivered)), ("records_waiting", Double(recordsWaiting)),
      ("records_refused", Double(recordsRefused)), ("producers_renewed", Double(producersRenewed)),
    ]
  }
}
