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
  /// 0, or the severity that is held, with memory; with `at_least`, that counts as held.
  var level: UInt8 = 0
  /// 0, or the severity that the world sees.
  var alert: UInt8 = 0
  /// What became of it when it was silent.
  var silence = Silence.none
  /// The log was told that `for` can never be met.
  var saidNeverHeld = false

  /// Nothing is held and nothing fires.
  @inline(__always)
  var isCalm: Bool { level | alert == 0 }

  /// It is calm, and nothing else about it matters: the next value that lies inside the limits changes nothing.
  @inline(__always)
  var isQuiet: Bool { isCalm && detail == 0 && silence == .none }

  /// Something is held, and nothing fires.
  var isPending: Bool { alert == 0 && level > 0 }

  /// What a calm series needs no longer; so that all quiet series look the same.
  mutating func forgetTimers() {
    sinceWarning = SeriesState.unset
    sinceCritical = SeriesState.unset
  }

  /// Since when the level of `severity` (1, 2) has been what it is.
  func since(_ severity: UInt8) -> Int64 { severity == 2 ? sinceCritical : sinceWarning }
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

/// Which of the last N samples held a level: a bit for each, the last one's lowest.
struct Votes: BitwiseCopyable, Equatable {
  /// N at most.
  static let limit = 256

  /// Warning or critical.
  private(set) var warning = InlineArray<4, UInt64>(repeating: 0)
  private(set) var critical = InlineArray<4, UInt64>(repeating: 0)

  init() {}

  /// Bits that were kept; nil: they say nothing, or contradict each other.
  init?(warning: InlineArray<4, UInt64>, critical: InlineArray<4, UInt64>) {
    for index in 0..<4 where critical[index] & ~warning[index] != 0 { return nil }
    (self.warning, self.critical) = (warning, critical)
    if isEmpty { return nil }
  }

  /// The level of the last sample.
  var last: UInt8 { critical[0] & 1 == 1 ? 2 : warning[0] & 1 == 1 ? 1 : 0 }

  /// None of the last N held a level.
  var isEmpty: Bool { warning[0] | warning[1] | warning[2] | warning[3] == 0 }

  /// Takes the level of one more sample; `n` are remembered.
  mutating func push(_ level: UInt8, of n: Int) {
    Votes.push(level >= 1, of: n, to: &warning)
    Votes.push(level >= 2, of: n, to: &critical)
  }

  /// The highest level that at least `m` of them held, or one above it.
  func level(heldBy m: Int) -> UInt8 {
    Votes.count(critical) >= m ? 2 : Votes.count(warning) >= m ? 1 : 0
  }

  /// The rule has the levels of `after`, and had those of `before`: whoever held critical holds warning, and nobody
  /// holds what is gone.
  mutating func change(from before: SeriesPlan, to after: SeriesPlan) {
    if !after.has(1) || !before.has(1) { warning = critical }
    if !after.has(2) {
      critical = InlineArray(repeating: 0)
      if !before.has(1) { warning = critical }
    }
  }

  static func == (a: Votes, b: Votes) -> Bool {
    (0..<4).allSatisfy { a.warning[$0] == b.warning[$0] && a.critical[$0] == b.critical[$0] }
  }

  private static func push(_ isHeld: Bool, of n: Int, to bits: inout InlineArray<4, UInt64>) {
    var carry: UInt64 = isHeld ? 1 : 0
    for index in 0..<4 {
      let next = bits[index] >> 63
      bits[index] = bits[index] << 1 | carry
      carry = next
      let kept = n - 64 * index
      if kept < 64 { bits[index] &= kept <= 0 ? 0 : (1 << UInt64(kept)) - 1 }
    }
  }

  private static func count(_ bits: InlineArray<4, UInt64>) -> Int {
    let low = bits[0].nonzeroBitCount + bits[1].nonzeroBitCount
    return low + bits[2].nonzeroBitCount + bits[3].nonzeroBitCount
  }
}

/// What a record, or its absence, changed about an alert.
struct AlertChange: Equatable {
  /// The alert level until now.
  var from: UInt8
  /// The alert level from now on.
  var to: UInt8
  /// Since when the level risen to has been held, or the level fallen from unheld.
  var since: Int64
  /// The severity it fires with, or fired with until now.
  var severity: UInt8

  /// A change to `to`, or to nothing from `from`.
  init(from: UInt8, to: UInt8, since: Int64) {
    (self.from, self.to, self.since) = (from, to, since)
    severity = to == 0 ? from : to
  }
}
