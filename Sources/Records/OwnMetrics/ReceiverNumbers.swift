/// How one receiver is, as the process that tells it says; counters grow as long as that process lives.
public struct ReceiverNumbers: OwnNumbers, Equatable {
  /// Notifications that it has, those that only repeat what stands too.
  public var told: Int64 = 0
  /// Attempts that failed, and are made again.
  public var failed: Int64 = 0
  /// Notifications that it refused for good.
  public var refused: Int64 = 0
  /// Transitions that it will never be told of.
  public var givenUp: Int64 = 0
  /// Transitions that wait to be told.
  public var waiting: Int64 = 0
  /// Seconds since the Kafka time of the oldest transition that waits; 0: none does.
  public var oldestWaiting: Int64 = 0
  /// Whether its last attempt is over for good, or there was none yet.
  public var isWell = true

  /// A receiver that wasn't told of anything yet.
  public init() {}

  /// The table of a receiver's metrics. A new one is a property above and a line here.
  public static let metrics: [OwnMetric<ReceiverNumbers>] = [
    .counter("told", reading: \.told),
    .counter("failed", reading: \.failed),
    .counter("refused", reading: \.refused),
    .counter("given_up", reading: \.givenUp),
    .gauge("waiting", reading: \.waiting),
    .gauge("oldest_waiting_seconds", reading: \.oldestWaiting),
    .gauge("well", reading: { $0.isWell ? 1 : 0 }),
  ]
}
