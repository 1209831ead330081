import Testing

@testable import Rules

@Suite("An engine that comes back against one that never stopped")
struct RestorePropertyTests {
  /// Seeds that every run tries; `STATUSD_SEED` and `STATUSD_CASES` try others.
  private static let count = Environment.int("STATUSD_CASES") ?? 20_000
  private static let seed = Environment.int("STATUSD_SEED") ?? 1

  @Test("whatever was written when, and wherever it is killed, it goes on with the same state", arguments: 0..<20)
  func sameState(part: Int) {
    let cases = RestorePropertyTests.count / 20
    for number in 0..<cases {
      let seed = UInt64(RestorePropertyTests.seed) &* 1_000_003 &+ UInt64(part * cases + number)
      let random = RestoreCase(seed: seed)
      guard random.difference() != nil else { continue }
      let small = random.shrunk()
      Issue.record("seed \(seed):\n\(small)\n\(small.difference() ?? "")")
      return
    }
  }

  @Test("each mistake that is planted is found within 2,000 cases", arguments: PlantedMistake.allCases)
  func finds(_ mistake: PlantedMistake) {
    let found = (0..<2000).first { RestoreCase(seed: UInt64($0)).difference(mistake) != nil }
    #expect(found != nil)
  }
}
