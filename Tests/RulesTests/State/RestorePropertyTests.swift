import Testing

@testable import Rules

@Suite("An engine that comes back against one that never stopped")
struct RestorePropertyTests {
  @Test("whatever was written when, and wherever it is killed, it goes on with the same state", arguments: 0..<20)
  func sameState(part: Int) { RestoreCase.search(part: part) }

  @Test("each mistake that is planted is found within 2,000 cases", arguments: PlantedMistake.allCases)
  func finds(_ mistake: PlantedMistake) {
    let found = (0..<2000).first { RestoreCase(seed: UInt64($0)).difference(mistake) != nil }
    #expect(found != nil)
  }
}
