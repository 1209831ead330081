/// What an engine has counted since it was made.
public struct EngineCounters: Equatable, Sendable {
  /// Records that were applied.
  public var records = 0
  /// Records that at least one series ignored because it had them already.
  public var repeated = 0
  /// Records that at least one series ignored because they were older than its last one.
  public var late = 0
  /// Records at which at least one series found that the subject's clock was set back.
  public var clockSetBack = 0
  /// Records that counted though their number isn't above the last one of their boot.
  public var numbersFell = 0
  /// Subjects under whose name two producers were found to send by turns.
  public var sharedNames = 0
  /// Transitions that were made.
  public var transitions = 0
  /// Alerts that fire now.
  public var firing = 0
  /// Alerts that would fire if what is held now went on.
  public var pending = 0
  /// Subjects of which there is state now.
  public var subjects = 0
  /// Records of subjects that there was no room for.
  public var refused = 0
  /// Samples that left a window before their time, because it held as many as are kept.
  public var samplesDropped = 0
  /// Happenings that nobody took while there was room for them.
  public var happeningsDropped = 0

  /// Nothing counted yet.
  public init() {}
}
