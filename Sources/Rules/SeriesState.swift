/// The life of one series, but for its time: level, alert level, and since when.
struct SeriesState: BitwiseCopyable, Equatable {
  /// Where a timer stands that starts at the next record.
  static let unset = Int64.min

  /// Event time since when warning has been held without a break, or unheld; which of the two, the level says.
  var sinceWarning = SeriesState.unset
  /// The same for critical.
  var sinceCritical = SeriesState.unset
  /// Its `SeriesDetail` by number; 0: it needs none.
  var detail: UInt32 = 0
  /// What is held, with memory; with `at_least`, what counts as held.
  var level = Level.none
  /// What the world sees of the alert.
  var alert = Level.none
  /// What became of it when it was silent.
  var silence = Silence.none
  /// The log was told that `for` can never be met.
  var saidNeverHeld = false

  /// Nothing is held and nothing fires.
  @inline(__always)
  var isCalm: Bool { level.rawValue | alert.rawValue == 0 }

  /// It is calm, and nothing else about it matters: the next value that lies inside the limits changes nothing.
  @inline(__always)
  var isQuiet: Bool { isCalm && detail == 0 && silence == .none }

  /// The alert fires.
  @inline(__always)
  var isFiring: Bool { alert != .none }

  /// Something is held, and nothing fires.
  @inline(__always)
  var isPending: Bool { alert == .none && level != .none }

  /// What a calm series needs no longer; so that all quiet series look the same.
  mutating func forgetTimers() {
    sinceWarning = SeriesState.unset
    sinceCritical = SeriesState.unset
  }

  /// Since when `level` has been held, or unheld.
  func since(_ level: Level) -> Int64 { level == .critical ? sinceCritical : sinceWarning }
}

/// What few series need: those that fire, those with a window, and those of which one of the last N held a level.
struct SeriesDetail: BitwiseCopyable {
  /// Event time of the last transition, while the alert fires; a clock that was set back sets it to its own.
  var changed = SeriesState.unset
  /// Since when, as that transition said it.
  var changedSince = SeriesState.unset
  /// Its `Votes` by number; 0: none of the last N held a level.
  var votes: UInt32 = 0
  /// Its `Window` by number; 0: it has none.
  var window: UInt32 = 0

  /// Whether it says anything about a series that doesn't fire.
  var isNeeded: Bool { votes | window != 0 }
}
