extension FixedPoint {
  /// A sum, and the number of its first word.
  struct Sum {
    var words: UnsafeMutableBufferPointer<UInt64>
    var first: Int
    /// The exponent of two of the lowest bit if `first` is 0.
    var base: Int

    /// Whether the sum is negative.
    var isNegative: Bool { words[words.count - 1] >> 63 == 1 }

    /// The exponent of two of the lowest bit.
    var unit: Int { base + 64 * first }

    /// Copies the absolute value of the sum to `place`, which has room for its words.
    func copyMagnitude(to place: UnsafeMutablePointer<UInt64>) {
      guard isNegative else {
        for index in 0..<words.count { place[index] = words[index] }
        return
      }
      var carry = true
      for index in 0..<words.count {
        let (word, over) = (~words[index]).addingReportingOverflow(carry ? 1 : 0)
        place[index] = word
        carry = over
      }
    }
  }

  /// The number of words below a quotient's lowest one, so that it always has more bits than a double.
  private static let extra = 2

  /// The sum, rounded once.
  static func rounded(_ sum: Sum) -> Double { quotient(sum, by: 1) }

  /// The sum divided by `count`, which isn't 0, rounded once.
  static func quotient(_ sum: Sum, by count: UInt64) -> Double {
    let size = sum.words.count + extra
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: size) { buffer in
      guard let words = buffer.baseAddress else { return .nan }
      words.initialize(repeating: 0, count: extra)
      sum.copyMagnitude(to: words + extra)
      let rest = count == 1 ? 0 : divide(words, size, by: count)
      let value = rounded(words, size, unit: sum.unit - 64 * extra, hasMore: rest != 0)
      return sum.isNegative ? -value : value
    }
  }

  /// The variance of `count` doubles with the sums `sum` and `squares`, rounded once: (count x squares - sum x sum) /
  /// (count x count).
  static func variance(_ sum: Sum, _ squares: Sum, count: UInt64) -> Double {
    let summands = sum.words.count
    let size = max(squares.words.count + 1, 2 * summands) + extra
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: size + summands) { buffer in
      guard let words = buffer.baseAddress else { return .nan }
      words.initialize(repeating: 0, count: size)
      let magnitude = words + size
      sum.copyMagnitude(to: magnitude)
      let product = words + extra
      multiply(squares.words, by: count, into: product, size - extra)
      // The lowest bits of the squared sum and of the squares have the same weight: first and base are twice the sum's.
      for index in 0..<summands where magnitude[index] != 0 {
        takeAway(magnitude, summands, times: magnitude[index], from: product + index, size - extra - index)
      }
      let rest = divide(words, size, by: count * count)
      return rounded(words, size, unit: squares.unit - 64 * extra, hasMore: rest != 0)
    }
  }

  /// Sets `product` to `words` times `factor`; `product` has room for it.
  private static func multiply(
    _ words: UnsafeMutableBufferPointer<UInt64>, by factor: UInt64, into product: UnsafeMutablePointer<UInt64>,
    _ size: Int
  ) {
    var carry: UInt64 = 0
    for index in 0..<words.count {
      let (high, low) = words[index].multipliedFullWidth(by: factor)
      let (sum, over) = low.addingReportingOverflow(carry)
      product[index] = sum
      carry = high &+ (over ? 1 : 0)
    }
    if words.count < size { product[words.count] = carry }
  }

  /// Subtracts `words` times `factor` from `place`; the difference must not be negative.
  private static func takeAway(
    _ words: UnsafeMutablePointer<UInt64>, _ count: Int, times factor: UInt64, from place: UnsafeMutablePointer<UInt64>,
    _ size: Int
  ) {
    var carry: UInt64 = 0
    for index in 0..<size {
      if index >= count, carry == 0 { return }
      var high: UInt64 = 0
      var low = carry
      if index < count {
        let product = words[index].multipliedFullWidth(by: factor)
        let (sum, over) = product.low.addingReportingOverflow(carry)
        (high, low) = (product.high &+ (over ? 1 : 0), sum)
      }
      let (difference, under) = place[index].subtractingReportingOverflow(low)
      place[index] = difference
      carry = high &+ (under ? 1 : 0)
    }
  }

  /// Divides in place, from the highest word down. Returns the remainder.
  private static func divide(_ words: UnsafeMutablePointer<UInt64>, _ count: Int, by divisor: UInt64) -> UInt64 {
    var rest: UInt64 = 0
    var index = count - 1
    while index >= 0 {
      if rest != 0 || words[index] != 0 {
        (words[index], rest) = divisor.dividingFullWidth((rest, words[index]))
      }
      index -= 1
    }
    return rest
  }

  /// The double nearest to the integer in `words` times 2^`unit`, ties to even. `hasMore` if the number has bits below
  /// its lowest one. Infinite if it exceeds the greatest double.
  private static func rounded(
    _ words: UnsafeMutablePointer<UInt64>, _ count: Int, unit: Int, hasMore: Bool
  ) -> Double {
    var highest = count - 1
    while highest >= 0, words[highest] == 0 { highest -= 1 }
    if highest < 0 { return 0 }
    let top = 64 * highest + 63 - words[highest].leadingZeroBitCount
    // The double's lowest bit: 53 bits below the top, but not below 2^-1074.
    let lowest = max(top - 52, -1074 - unit)
    if lowest > top + 1 { return 0 }
    let mantissa = bits(words, count, from: lowest)
    let half = lowest > 0 && words[(lowest - 1) >> 6] >> UInt64((lowest - 1) & 63) & 1 == 1
    let isUp = half && (mantissa & 1 == 1 || hasMore || hasBits(words, below: lowest - 1))
    let exponent = lowest + unit + 1074
    if exponent >= 2046 { return .infinity }
    // The mantissa's highest bit, if it is set, increases the exponent by one; so does a carry out of it.
    return Double(bitPattern: UInt64(exponent) << 52 &+ mantissa &+ (isUp ? 1 : 0))
  }

  /// 53 bits from bit `place` on, which may be above all words.
  private static func bits(_ words: UnsafeMutablePointer<UInt64>, _ count: Int, from place: Int) -> UInt64 {
    if place < 0 { return words[0] << UInt64(-place) }
    let word = place >> 6
    let bit = UInt64(place & 63)
    if word >= count { return 0 }
    let above = word + 1 < count ? words[word + 1] : 0
    return (words[word] >> bit | above << (64 - bit)) & (1 << 53 - 1)
  }

  /// Whether a bit below bit `place` is 1.
  private static func hasBits(_ words: UnsafeMutablePointer<UInt64>, below place: Int) -> Bool {
    let word = place >> 6
    for index in 0..<word where words[index] != 0 { return true }
    return words[word] & ((1 as UInt64) << UInt64(place & 63) - 1) != 0
  }
}
