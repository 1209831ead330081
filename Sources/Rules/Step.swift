/// The result of steps 1 and 2 for a record, for the series that share a timeline.
struct Step: BitwiseCopyable {
  /// Whether the record counts, and if not, why.
  enum Kind: UInt8 { case counts, repeated, late }

  var kind: Kind
  /// Whether it counts because the subject's clock was set back.
  var isSetBack = false
  /// The time since its predecessor, in milliseconds; 0 for the first record.
  var gap: Int64 = 0
  /// The default of `no_data_after`, according to the producer's pace.
  var plausibleGap = Step.shortestHole
  /// The producer's usual gap, if `gap` is longer than `shortestHole`.
  var usualGap: Int64?
  /// How far the clock was set back.
  var setBackBy: Int64 = 0
  /// Whether it has the time of the last record, so that it is that one again. All other ignored records are signs of
  /// life.
  var isSameAgain = false
  /// The boot's last number, if numbers began anew with this record, which counts; -1 if they didn't.
  var numbersFellFrom: Int64 = -1
  /// Whether the boot is another one than before, and the two take turns.
  var takesTurns = false

  /// The minimum of the default of `no_data_after`.
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
