import Testing

@testable import Rules

@Suite("The engine against its reference")
struct EnginePropertyTests {
  /// Seeds that every run tries; `STATUSD_SEED` and `STATUSD_CASES` try others.
  private static let count = Environment.int("STATUSD_CASES") ?? 20_000
  private static let seed = Environment.int("STATUSD_SEED") ?? 1

  @Test("random rules over random series make the same transitions as the reference", arguments: 0..<20)
  func sameTransitions(part: Int) {
    let cases = EnginePropertyTests.count / 20
    for number in 0..<cases {
      let seed = UInt64(EnginePropertyTests.seed) &* 1_000_003 &+ UInt64(part * cases + number)
      let random = EngineCase(seed: seed)
      guard random.difference() != nil else { continue }
      let small = random.shrunk()
      Issue.record("seed \(seed):\n\(small)\n\(small.difference() ?? "")")
      return
    }
  }
}
