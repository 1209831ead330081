/// The life of one series, without its timeline: level, alert level, and the times since when.
struct SeriesState: BitwiseCopyable, Equatable {
  /// The value of a timer that starts at the next record.
  static let unset = Int64.min

  /// The event time since which warning has been held without a break, or unheld; `level` says which of the two.
  var sinceWarning = SeriesState.unset
  /// The same for critical.
  var sinceCritical = SeriesState.unset
  /// The number of its `SeriesDetail`; 0 if it needs none.
  var detail: UInt32 = 0
  /// The level that is held, with memory; with `at_least`, the one that counts as held.
  var level = Level.none
  /// The level of the alert.
  var alert = Level.none
  /// The state of its silence.
  var silence = Silence.none
  /// Whether it was logged that `for` can never be met.
  var saidNeverHeld = false

  /// Whether nothing is held and nothing fires.
  @inline(__always)
  var isCalm: Bool { level.rawValue | alert.rawValue == 0 }

  /// Whether it is calm without further state, so that a next value inside the limits changes nothing.
  @inline(__always)
  var isQuiet: Bool { isCalm && detail == 0 && silence == .none }

  /// Whether the alert fires.
  @inline(__always)
  var isFiring: Bool { alert != .none }

  /// Whether a level is held, and nothing fires.
  @inline(__always)
  var isPending: Bool { alert == .none && level != .none }

  /// Resets what a calm series no longer needs, so that all quiet series are equal.
  mutating func forgetTimers() {
    sinceWarning = SeriesState.unset
    sinceCritical = SeriesState.unset
  }

  /// The time since which `level` has been held, or unheld.
  func since(_ level: Level) -> Int64 { level == .critical ? sinceCritical : sinceWarning }
}

/// State that few series need: those that fire, those with a window, and those of which one of the last N held a level.
struct SeriesDetail: BitwiseCopyable {
  /// The event time of the last transition while the alert fires; a clock set back sets it to its own time.
  var changed = SeriesState.unset
  /// The `since` of that transition.
  var changedSince = SeriesState.unset
  /// The number of its `Votes`; 0 if none of the last N held a level.
  var votes: UInt32 = 0
  /// The number of its `Window`; 0 if it has none.
  var window: UInt32 = 0

  /// Whether it contains state of a series that doesn't fire.
  var isNeeded: Bool { votes | window != 0 }
}
