/// What a meter has done and where it stands; counters grow as long as the process lives.
public struct MeterNumbers: OwnNumbers, Equatable {
  /// Records of streams that were counted, some of them again after a restart or a rebalance.
  public var records: Int64 = 0
  /// Readings made.
  public var readings: Int64 = 0
  /// Readings that aren't delivered yet.
  public var undelivered: Int64 = 0
  /// Deliveries that were committed.
  public var commits: Int64 = 0
  /// Times that the group gave or took partitions.
  public var rebalances: Int64 = 0
  /// Partitions whose state is still to be restored.
  public var restoring: Int64 = 0
  /// States of streams that were too large for their topic.
  public var stateTooLarge: Int64 = 0
  /// States of streams that couldn't be used.
  public var stateUnusable: Int64 = 0

  /// Nothing done so far.
  public init() {}

  /// Adds the numbers of another worker.
  public mutating func add(_ other: EvaluatorNumbers) {
    records += other.records
    readings += other.transitions
    undelivered += other.undelivered
    commits += other.commits
    rebalances += other.rebalances
    restoring += other.restoring
    stateTooLarge += other.stateTooLarge
    stateUnusable += other.unusableCheckpoints
  }

  /// The table of the meter's own metrics. A new one is a property above and a line here.
  public static let metrics: [OwnMetric<MeterNumbers>] = [
    .counter("meter_records", reading: \.records),
    .counter("meter_readings", reading: \.readings),
    .gauge("meter_undelivered", reading: \.undelivered),
    .counter("meter_commits", reading: \.commits),
    .counter("meter_rebalances", reading: \.rebalances),
    .gauge("meter_restoring", reading: \.restoring),
    .counter("meter_state_too_large", reading: \.stateTooLarge),
    .counter("meter_state_unusable", reading: \.stateUnusable),
  ]
}
