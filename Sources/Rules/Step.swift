/// What step 1 and 2 make of a record, for the series that share a timeline.
struct Step: BitwiseCopyable {
  /// Whether it counts, and if not, why.
  enum Kind: UInt8 { case counts, repeated, late }

  var kind: Kind
  /// It counts because the subject's clock was set back.
  var isSetBack = false
  /// How long after its predecessor it came, milliseconds; 0 for the first one.
  var gap: Int64 = 0
  /// `no_data_after` by default: as the producer's own pace makes plausible.
  var plausibleGap = Step.shortestHole
  /// The producer's usual gap, known where `gap` is longer than `shortestHole`.
  var usualGap: Int64?
  /// How far back the clock was set.
  var setBackBy: Int64 = 0
  /// It has the time of the last record, so that it is that one again: what else is ignored is a sign of life.
  var isSameAgain = false
  /// The boot's last number, where numbers began anew with this record, which counts; -1: they didn't.
  var numbersFellFrom: Int64 = -1
  /// Another boot speaks than before, and the two take turns.
  var takesTurns = false

  /// What the default of `no_data_after` is at least.
  static let shortestHole: Int64 = 60_000

  @inline(__always)
  var counts: Bool { kind == .counts }

  /// A record that is the last one again, by its time.
  static var sameAgain: Step { Step(kind: .repeated, isSameAgain: true) }
}

/// Why a record was ignored by some of its series, or what it meant for them; each is counted once for a record.
struct Ignored {
  var repeated = false
  var late = false
  var setBackBy: Int64?
  var numbersFellFrom: Int64 = -1
  var takesTurns = false

  @inline(__always)
  mutating func note(_ step: Step) {
    if step.kind == .repeated { repeated = true }
    if step.kind == .late { late = true }
    if step.isSetBack { setBackBy = max(setBackBy ?? 0, step.setBackBy) }
    numbersFellFrom = max(numbersFellFrom, step.numbersFellFrom)
    takesTurns = takesTurns || step.takesTurns
  }
}
