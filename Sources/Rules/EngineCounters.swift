/// The counters of an engine since its creation.
public struct EngineCounters: Equatable, Sendable {
  /// Records applied.
  public var records = 0
  /// Records ignored as repeats by at least one series.
  public var repeated = 0
  /// Records ignored as late by at least one series.
  public var late = 0
  /// Records at which at least one series detected that the subject's clock was set back.
  public var clockSetBack = 0
  /// Records that counted although their number isn't above the last one of their boot.
  public var numbersFell = 0
  /// Subjects with two producers that send by turns.
  public var sharedNames = 0
  /// Transitions made.
  public var transitions = 0
  /// Alerts that are firing.
  public var firing = 0
  /// Alerts that are pending.
  public var pending = 0
  /// Subjects with state.
  public var subjects = 0
  /// Records of subjects that were refused at the limit.
  public var refused = 0
  /// Samples dropped from windows because of `max_samples`.
  public var samplesDropped = 0
  /// Happenings dropped because too many waited to be taken.
  public var happeningsDropped = 0

  /// All counters at 0.
  public init() {}
}
