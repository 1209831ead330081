/// Which of the last N samples held a level: one bit for each, the last sample in the lowest bit.
struct Votes: BitwiseCopyable, Equatable {
  /// The maximum of N.
  static let limit = 256

  /// Warning or critical.
  private(set) var warning = InlineArray<4, UInt64>(repeating: 0)
  private(set) var critical = InlineArray<4, UInt64>(repeating: 0)

  init() {}

  /// Restores stored bits; nil if they contain no level, or contradict each other.
  init?(warning: InlineArray<4, UInt64>, critical: InlineArray<4, UInt64>) {
    for index in 0..<4 where critical[index] & ~warning[index] != 0 { return nil }
    (self.warning, self.critical) = (warning, critical)
    if isEmpty { return nil }
  }

  /// The level of the last sample.
  var last: Level { critical[0] & 1 == 1 ? .critical : warning[0] & 1 == 1 ? .warning : .none }

  /// Whether none of the last N held a level.
  var isEmpty: Bool { warning[0] | warning[1] | warning[2] | warning[3] == 0 }

  /// Adds the level of one more sample; `n` are remembered.
  mutating func push(_ level: Level, of n: Int) {
    Votes.push(level >= .warning, of: n, to: &warning)
    Votes.push(level >= .critical, of: n, to: &critical)
  }

  /// The highest level that at least `m` of them held, including higher levels.
  func level(heldBy m: Int) -> Level {
    Votes.count(critical) >= m ? .critical : Votes.count(warning) >= m ? .warning : .none
  }

  /// Adapts the levels to a rule that has those of `after`, and had those of `before`: samples that held critical hold
  /// warning, and removed levels are dropped.
  mutating func change(from before: SeriesPlan, to after: SeriesPlan) {
    if !after.has(.warning) || !before.has(.warning) { warning = critical }
    if !after.has(.critical) {
      critical = InlineArray(repeating: 0)
      if !before.has(.warning) { warning = critical }
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
