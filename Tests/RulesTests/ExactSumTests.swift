import Testing
import TestRandom

@testable import Rules

@Suite("Exact sums")
struct ExactSumTests {
  @Test("a sum doesn't depend on the order of its summands, nor on how it is put together")
  func order() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<300 {
      let values = (0..<random.below(40)).map { _ in Self.value(&random) }
      var whole = ExactSum()
      var reversed = ExactSum()
      var parts = [ExactSum(), ExactSum(), ExactSum()]
      for value in values {
        whole.add(value)
        parts[random.below(3)].add(value)
      }
      for value in values.reversed() { reversed.add(value) }
      var together = parts[0]
      together.add(parts[1])
      together.add(parts[2])
      #expect(whole.value == reversed.value)
      #expect(whole.value == together.value)
      if !values.isEmpty {
        #expect(whole.quotient(by: UInt64(values.count)) == together.quotient(by: UInt64(values.count)))
      }
    }
  }

  @Test(
    "a zero leaves a sum as it was, whatever was added before",
    arguments: [[], [1.5], [1e300], [.leastNonzeroMagnitude, 1]])
  func zeros(values: [Double]) {
    var sum = ExactSum()
    for value in values { sum.add(value) }
    let before = sum
    for zero in [0.0, -0.0] { sum.add(zero) }
    #expect(sum == before)
  }

  @Test("small whole numbers add up like integers", arguments: [1, 2, 1000])
  func integers(count: Int) {
    var sum = ExactSum()
    var expected = 0
    for value in 1...count {
      sum.add(Double(value * (value % 2 == 0 ? 1 : -1)))
      expected += value * (value % 2 == 0 ? 1 : -1)
    }
    #expect(sum.value == Double(expected))
  }

  @Test("what cancels out is gone, whatever was added between")
  func cancels() {
    var sum = ExactSum()
    for value in [1e300, 1, -1e300, 0x1p-1074, -1] { sum.add(value) }
    #expect(sum.value == 0x1p-1074)
    #expect(ExactSum().value == 0)
  }

  @Test("a mean is rounded once")
  func mean() {
    var sum = ExactSum()
    for _ in 0..<10 { sum.add(0.1) }
    #expect(sum.quotient(by: 10) == 0.1)
  }

  private static func value(_ random: inout SeededRandom) -> Double {
    switch random.below(4) {
    case 0: Double(random.below(2000) - 1000)
    case 1: Double(random.below(1_000_000)) / 997
    case 2: Double(bitPattern: UInt64(random.below(2046)) << 52 | UInt64(random.below(1 << 30)))
    default: -0.1
    }
  }
}
