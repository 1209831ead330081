import Platform

/// What an agent did so far, for the log, systemd's status line and its own numbers in the status topic.
public struct AgentNumbers: Equatable, Sendable {
  /// Samples taken since the start, those lost included.
  public var samples: Int64 = 0
  /// Samples for which there was no room while no broker took any.
  public var samplesLost: Int64 = 0
  /// Samples that were not taken, because the machine or this process stood still.
  public var ticksMissed: Int64 = 0
  /// Records that a broker has acknowledged.
  public var recordsDelivered: Int64 = 0
  /// Records that no broker has acknowledged yet.
  public var recordsWaiting: Int64 = 0
  /// Records that brokers refuse for good.
  public var recordsRefused: Int64 = 0
  /// How often a failed producer was replaced.
  public var producersRenewed: Int64 = 0

  /// Nothing done yet.
  public init() {}

  /// Their names as fields of a status record.
  public var fields: [(String, Double)] {
    [
      ("samples", Double(samples)), ("samples_lost", Double(samplesLost)), ("ticks_missed", Double(ticksMissed)),
      ("records_delivered", Double(recordsDelivered)), ("records_waiting", Double(recordsWaiting)),
      ("records_refused", Double(recordsRefused)), ("producers_renewed", Double(producersRenewed)),
    ]
  }
}
