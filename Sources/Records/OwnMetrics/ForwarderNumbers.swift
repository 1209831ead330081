/// What a process of `statusd-forward` has done and where it stands; counters grow as long as the process lives.
public struct ForwarderNumbers: OwnNumbers, Equatable {
  /// Notifications that receivers have, those that only repeat what stands too.
  public var notifications: Int64 = 0
  /// Transitions that receivers were told of.
  public var transitions: Int64 = 0
  /// Attempts that failed, and are made again.
  public var failed: Int64 = 0
  /// Notifications that a receiver refused for good.
  public var refused: Int64 = 0
  /// Transitions that a receiver will never be told of.
  public var givenUp: Int64 = 0
  /// Transitions that wait to be told.
  public var waiting: Int64 = 0
  /// Receivers that this process tells.
  public var receivers: Int64 = 0
  /// Seconds since the Kafka time of the oldest transition that waits; 0: none does.
  public var oldestWaiting: Int64 = 0
  /// Records of the topics of alerts that are no transition.
  public var bad: Int64 = 0

  /// Nothing done so far.
  public init() {}

  /// The table of the forwarder's own metrics. A new one is a property above and a line here.
  public static let metrics: [OwnMetric<ForwarderNumbers>] = [
    .counter("forward_notifications", reading: \.notifications),
    .counter("forward_transitions", reading: \.transitions),
    .counter("forward_failed", reading: \.failed),
    .counter("forward_refused", reading: \.refused),
    .counter("forward_given_up", reading: \.givenUp),
    .gauge("forward_waiting", reading: \.waiting),
    .gauge("forward_receivers", reading: \.receivers),
    .gauge("forward_oldest_waiting_seconds", reading: \.oldestWaiting),
    .counter("forward_records_bad", reading: \.bad),
  ]
}
