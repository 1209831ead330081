/// Counts of an agent's work, for the log, systemd's status line and statusd's own metrics.
public struct AgentNumbers: OwnNumbers, Equatable {
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

  /// The table of the agent's own metrics. A new one is a property above and a line here.
  public static let metrics: [OwnMetric<AgentNumbers>] = [
    .counter("samples", reading: \.samples),
    .counter("samples_lost", reading: \.samplesLost),
    .counter("ticks_missed", reading: \.ticksMissed),
    .counter("records_delivered", reading: \.recordsDelivered),
    .gauge("records_waiting", reading: \.recordsWaiting),
    .counter("records_refused", reading: \.recordsRefused),
    .counter("producers_renewed", reading: \.producersRenewed),
  ]
}
