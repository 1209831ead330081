/// Exact sums of doubles, and of their squares, as integers in two's complement.
///
/// Every double is an integer multiple of 2^-1074, every square one of 2^-2148. Word `i` of a sum holds the bits from
/// 2^(64 i - 1074) up, word `i` of a sum of squares those from 2^(64 i - 2148) up. A *wide* sum has all possible words;
/// a *narrow* one has only those in the middle, enough for usual values, and accepts only what fits them. Adding and
/// subtracting are exact, so a sum depends only on its values, never on their order.
enum FixedPoint {
  /// The number of words of a wide sum of at most 2^20 doubles, with its sign.
  static let wideSum = 35
  /// The same for their squares.
  static let wideSquares = 66
  /// The first word of a narrow sum (2^-114), and how many it has (up to 2^142).
  static let narrowSumFirst = 15
  static let narrowSum = 4
  /// The same for the squares: 2^-228 up to 2^284.
  static let narrowSquaresFirst = 30
  static let narrowSquares = 8
  /// The greatest number of summands that surely fit.
  static let maxCount = 1 << 20

  /// Whether the finite `x` and its square fit narrow sums with the maximum number of summands: 0, or a magnitude from
  /// 2^-62 (2e-19) to 2^119 (7e35).
  static func fitsNarrow(_ x: Double) -> Bool {
    // The lowest bit of `x` is 2^(place - 1074): at least word 15's, and 53 + 22 bits below the end of word 18.
    let place = Int(x.magnitude.bitPattern >> 52) - 1
    return x == 0 || (960...1141).contains(place)
  }

  /// A double or a square as words: `low` is added at word `word`, the others above it.
  struct Addend {
    var low: UInt64
    var middle: UInt64
    var high: UInt64
    var word: Int
    var isNegative: Bool

    /// A finite double.
    init(_ x: Double) {
      let (mantissa, place) = Addend.parts(of: x)
      let bit = UInt64(place & 63)
      word = place >> 6
      low = mantissa << bit
      middle = mantissa >> (64 - bit)
      high = 0
      isNegative = x < 0
    }

    /// The square of a finite double.
    init(squareOf x: Double) {
      let (mantissa, place) = Addend.parts(of: x)
      let square = mantissa.multipliedFullWidth(by: mantissa)
      let bit = UInt64((2 * place) & 63)
      word = (2 * place) >> 6
      low = square.low << bit
      middle = square.low >> (64 - bit) | square.high << bit
      high = square.high >> (64 - bit)
      isNegative = false
    }

    /// `x`, without its sign, is `mantissa` times 2^(`place` - 1074).
    private static func parts(of x: Double) -> (mantissa: UInt64, place: Int) {
      let bits = x.magnitude.bitPattern
      let mantissa = bits & (1 << 52 - 1)
      let exponent = Int(bits >> 52)
      return exponent == 0 ? (mantissa, 0) : (mantissa | 1 << 52, exponent - 1)
    }
  }

  /// Adds `addend` to the sum in `words`, whose first word has the number `first`, or subtracts it. It must fit: 0, which
  /// begins at word 0, isn't added to narrow sums.
  static func add(
    _ addend: Addend, takingAway: Bool, to words: UnsafeMutableBufferPointer<UInt64>, first: Int
  ) {
    let start = addend.word - first
    if addend.isNegative == takingAway {
      var carry = false
      for index in start..<words.count {
        let part = part(of: addend, index - start)
        if index - start > 2, !carry { return }
        let (partial, over) = words[index].addingReportingOverflow(part)
        let (sum, overAgain) = partial.addingReportingOverflow(carry ? 1 : 0)
        words[index] = sum
        carry = over || overAgain
      }
    } else {
      var borrow = false
      for index in start..<words.count {
        let part = part(of: addend, index - start)
        if index - start > 2, !borrow { return }
        let (partial, under) = words[index].subtractingReportingOverflow(part)
        let (difference, underAgain) = partial.subtractingReportingOverflow(borrow ? 1 : 0)
        words[index] = difference
        borrow = under || underAgain
      }
    }
  }

  @inline(__always)
  private static func part(of addend: Addend, _ index: Int) -> UInt64 {
    switch index {
    case 0: addend.low
    case 1: addend.middle
    case 2: addend.high
    default: 0
    }
  }

  /// Fills `wide` with the sum in `narrow`.
  static func widen(
    _ narrow: UnsafeMutableBufferPointer<UInt64>, first: Int, into wide: UnsafeMutableBufferPointer<UInt64>
  ) {
    let isNegative = narrow[narrow.count - 1] >> 63 == 1
    for index in 0..<wide.count {
      let inside = index - first
      wide[index] = inside < 0 ? 0 : inside < narrow.count ? narrow[inside] : isNegative ? .max : 0
    }
  }

  /// Fills `narrow` with the sum in `wide`, whose values must all fit.
  static func narrow(
    _ wide: UnsafeMutableBufferPointer<UInt64>, first: Int, into narrow: UnsafeMutableBufferPointer<UInt64>
  ) {
    for index in 0..<narrow.count { narrow[index] = wide[first + index] }
  }
}
