/// The exact sum of any number of finite doubles: it depends only on the values, never on their order. The result is
/// rounded once.
///
/// Usual values need five words; one that doesn't fit them makes the sum wide.
package struct ExactSum: Equatable, Sendable {
  /// One word more than `FixedPoint` has, so that 2^64 summands fit.
  private static let narrow = FixedPoint.narrowSum + 1
  private static let wide = FixedPoint.wideSum + 1

  private var words: [UInt64] = []
  private var isWide = false

  /// No summand: 0.
  package init() {}

  private var first: Int { isWide ? 0 : FixedPoint.narrowSumFirst }

  /// Adds a finite value.
  package mutating func add(_ value: Double) {
    // It has no bit, and its words would be below those of a narrow sum.
    if value == 0 { return }
    if words.isEmpty { words = Array(repeating: 0, count: Self.narrow) }
    if !isWide, !FixedPoint.fitsNarrow(value) { widen() }
    let (addend, first) = (FixedPoint.Addend(value), first)
    words.withUnsafeMutableBufferPointer { FixedPoint.add(addend, takingAway: false, to: $0, first: first) }
  }

  /// Adds all summands of another sum.
  package mutating func add(_ other: ExactSum) {
    if other.words.isEmpty { return }
    if words.isEmpty {
      self = other
      return
    }
    var other = other
    if isWide, !other.isWide { other.widen() }
    if !isWide, other.isWide { widen() }
    var carry = false
    for index in words.indices {
      let (partial, over) = words[index].addingReportingOverflow(other.words[index])
      let (sum, overAgain) = partial.addingReportingOverflow(carry ? 1 : 0)
      words[index] = sum
      carry = over || overAgain
    }
  }

  /// The sum, rounded once; infinite beyond a double's range.
  package var value: Double { quotient(by: 1) }

  /// The sum divided by `count`, rounded once; `count` is greater than 0.
  package func quotient(by count: UInt64) -> Double {
    if words.isEmpty { return 0 }
    var words = words
    let first = first
    return words.withUnsafeMutableBufferPointer {
      FixedPoint.quotient(FixedPoint.Sum(words: $0, first: first, base: -1074), by: count)
    }
  }

  private mutating func widen() {
    isWide = true
    if words.isEmpty { return words = Array(repeating: 0, count: Self.wide) }
    var narrow = words
    words = Array(repeating: 0, count: Self.wide)
    words.withUnsafeMutableBufferPointer { wide in
      narrow.withUnsafeMutableBufferPointer { FixedPoint.widen($0, first: FixedPoint.narrowSumFirst, into: wide) }
    }
  }
}
