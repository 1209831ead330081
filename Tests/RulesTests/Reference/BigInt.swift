/// Unbounded whole numbers with school arithmetic: a sign, and digits to the base 2^32.
struct BigInt: Equatable, Comparable {
  private var isNegative: Bool
  /// The lowest first. The highest isn't 0.
  private var digits: [UInt32]

  init(_ value: Int) {
    isNegative = value < 0
    digits = [UInt32(truncatingIfNeeded: value.magnitude), UInt32(value.magnitude >> 32)]
    trim()
  }

  /// `value` times 2^1074, which is whole for every finite double.
  init(unitsOf value: Double) {
    let bits = value.magnitude.bitPattern
    let fraction = Int(bits & (1 << 52 - 1))
    let exponent = Int(bits >> 52)
    self = BigInt(exponent == 0 ? fraction : fraction + 1 << 52).shifted(left: max(0, exponent - 1))
    isNegative = value < 0
    trim()
  }

  private mutating func trim() {
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { isNegative = false }
  }

  func shifted(left bits: Int) -> BigInt {
    var result = self
    result.digits = Array(repeating: 0, count: bits / 32)
    var carry: UInt64 = 0
    for digit in digits {
      let shifted = UInt64(digit) << UInt64(bits % 32) | carry
      result.digits.append(UInt32(truncatingIfNeeded: shifted))
      carry = shifted >> 32
    }
    result.digits.append(UInt32(carry))
    result.trim()
    return result
  }

  static prefix func - (a: BigInt) -> BigInt {
    var result = a
    result.isNegative = !a.isNegative
    result.trim()
    return result
  }

  static func + (a: BigInt, b: BigInt) -> BigInt {
    var result = a
    if a.isNegative == b.isNegative {
      result.digits = sum(a.digits, b.digits)
    } else if less(a.digits, b.digits) {
      result = b
      result.digits = difference(b.digits, a.digits)
    } else {
      result.digits = difference(a.digits, b.digits)
    }
    result.trim()
    return result
  }

  static func - (a: BigInt, b: BigInt) -> BigInt { a + -b }

  static func * (a: BigInt, b: BigInt) -> BigInt {
    var result = BigInt(0)
    result.digits = Array(repeating: 0, count: a.digits.count + b.digits.count + 1)
    for (i, x) in a.digits.enumerated() {
      var carry: UInt64 = 0
      for (j, y) in b.digits.enumerated() {
        let part = UInt64(x) * UInt64(y) + UInt64(result.digits[i + j]) + carry
        result.digits[i + j] = UInt32(truncatingIfNeeded: part)
        carry = part >> 32
      }
      result.digits[i + b.digits.count] = UInt32(carry)
    }
    result.isNegative = a.isNegative != b.isNegative
    result.trim()
    return result
  }

  static func < (a: BigInt, b: BigInt) -> Bool {
    if a.isNegative != b.isNegative { return a.isNegative }
    return a.isNegative ? less(b.digits, a.digits) : less(a.digits, b.digits)
  }

  private static func less(_ a: [UInt32], _ b: [UInt32]) -> Bool {
    if a.count != b.count { return a.count < b.count }
    for (x, y) in zip(a.reversed(), b.reversed()) where x != y { return x < y }
    return false
  }

  private static func sum(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
    var carry: UInt64 = 0
    var result: [UInt32] = []
    for index in 0...max(a.count, b.count) {
      let part = carry + (index < a.count ? UInt64(a[index]) : 0) + (index < b.count ? UInt64(b[index]) : 0)
      result.append(UInt32(truncatingIfNeeded: part))
      carry = part >> 32
    }
    return result
  }

  private static func difference(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
    var borrow: Int64 = 0
    var result: [UInt32] = []
    for index in 0..<a.count {
      var part = Int64(a[index]) - (index < b.count ? Int64(b[index]) : 0) - borrow
      borrow = part < 0 ? 1 : 0
      if part < 0 { part += 1 << 32 }
      result.append(UInt32(part))
    }
    return result
  }
}

/// A fraction whose value is `numerator / denominator` times 2^-`scale`.
struct Fraction {
  var numerator: BigInt
  /// Above 0.
  var denominator: Int
  var scale: Int

  /// The nearest double; the even one if two are equally near. The search begins at `guess`. Infinite if that is nearer
  /// than the greatest double.
  func rounded(guess: Double) -> Double {
    var candidate =
      guess.isFinite ? guess : guess > 0 ? Double.greatestFiniteMagnitude : -Double.greatestFiniteMagnitude
    if guess.isNaN { candidate = 0 }
    if !isNearby(candidate) { candidate = floor() }
    while candidate > -.infinity, isBelow(halfway: candidate, candidate.nextDown) { candidate = candidate.nextDown }
    while candidate.isFinite, !isBelow(halfway: candidate, candidate.nextUp),
      !isAt(halfway: candidate, candidate.nextUp) || candidate.bitPattern & 1 == 1
    {
      candidate = candidate.nextUp
    }
    // Exactly between the candidate and the double below it, take the even one.
    if candidate.bitPattern & 1 == 1, isAt(halfway: candidate.nextDown, candidate) { candidate = candidate.nextDown }
    return candidate
  }

  private func isNearby(_ candidate: Double) -> Bool {
    var (low, high) = (candidate, candidate)
    for _ in 0..<8 { (low, high) = (low.nextDown, high.nextUp) }
    return low.isFinite && high.isFinite && compare(low) && !compare(high)
  }

  /// Whether it is at least `value`.
  private func compare(_ value: Double) -> Bool {
    BigInt(unitsOf: value).shifted(left: scale - 1074) * BigInt(denominator) <= numerator
  }

  /// The greatest double that isn't above it, found by halving.
  private func floor() -> Double {
    func double(_ key: Int64) -> Double {
      key >= 0 ? Double(bitPattern: UInt64(key)) : -Double(bitPattern: UInt64(-key))
    }
    let greatest = Int64(Double.greatestFiniteMagnitude.bitPattern)
    var (low, high) = compare(0) ? (0, greatest) : (-greatest, -1)
    while low < high {
      let middle = low + (high - low + 1) / 2
      if compare(double(middle)) { low = middle } else { high = middle - 1 }
    }
    return double(low)
  }

  /// Twice the middle between two neighbours in units of 2^-scale, multiplied by the denominator.
  private func middle(_ a: Double, _ b: Double) -> BigInt {
    func units(_ x: Double) -> BigInt {
      if x.isFinite { return BigInt(unitsOf: x) }
      // The value that would follow the greatest double.
      let beyond = BigInt(1).shifted(left: 1024 + 1074)
      return x > 0 ? beyond : -beyond
    }
    return (units(a) + units(b)).shifted(left: scale - 1074) * BigInt(denominator)
  }

  private func isBelow(halfway a: Double, _ b: Double) -> Bool { numerator + numerator < middle(a, b) }

  private func isAt(halfway a: Double, _ b: Double) -> Bool { numerator + numerator == middle(a, b) }
}
