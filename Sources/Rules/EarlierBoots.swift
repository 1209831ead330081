/// The boots that a series saw before the current one, latest first, each with its last sequence.
struct EarlierBoots: BitwiseCopyable {
  /// How many are remembered; a record of a boot before them is told by its time alone.
  static let count = 7

  var boots = InlineArray<7, UInt64>(repeating: 0)
  var sequences = InlineArray<7, Int64>(repeating: -1)
  /// How often in a row, up to now, another boot was one that had spoken before, and its numbers went on: so it is where
  /// two producers have one name. Counted to `turnsKept`.
  var turns: UInt8 = 0

  /// How many turns tell two producers from a boot's last records that come late: each of the two is back for the second
  /// time with the next one.
  static let turnsShown: UInt8 = 3
  /// More aren't counted.
  static let turnsKept: UInt8 = 4

  /// Remembers the boot that was current until now, and takes out the one that is; gives its last sequence, -1 for a
  /// boot that isn't known.
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
