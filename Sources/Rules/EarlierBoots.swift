/// The boots of a series before the current one, latest first, each with its last sequence.
struct EarlierBoots: BitwiseCopyable {
  /// How many are remembered; records of older boots are judged by their time alone.
  static let count = 7

  var boots = InlineArray<7, UInt64>(repeating: 0)
  var sequences = InlineArray<7, Int64>(repeating: -1)
  /// How often in a row, so far, the boot changed to an earlier one whose numbers went on: a sign of two producers with
  /// one name. Counted up to `turnsKept`.
  var turns: UInt8 = 0

  /// The number of turns that distinguishes two producers from late records of an earlier boot: with the next turn each
  /// of the two is back for the second time.
  static let turnsShown: UInt8 = 3
  /// More turns aren't counted.
  static let turnsKept: UInt8 = 4

  /// Remembers the boot that was current until now, and removes `boot`, the new one. Returns the last sequence of the
  /// new one; -1 if it isn't known.
  mutating func exchange(_ current: UInt64, _ sequence: Int64, for boot: UInt64) -> Int64 {
    var place = 0
    while place < EarlierBoots.count - 1, boots[place] != boot, boots[place] != 0 { place += 1 }
    let known = boots[place] == boot ? sequences[place] : -1
    while place > 0 {
      boots[place] = boots[place - 1]
      sequences[place] = sequences[place - 1]
      place -= 1
    }
    boots[0] = current
    sequences[0] = sequence
    return known
  }

  static func == (a: EarlierBoots, b: EarlierBoots) -> Bool {
    a.turns == b.turns && (0..<count).allSatisfy { a.boots[$0] == b.boots[$0] && a.sequences[$0] == b.sequences[$0] }
  }
}
