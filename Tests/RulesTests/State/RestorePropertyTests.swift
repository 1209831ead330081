import Testing

@testable import Rules

@Suite("A restored engine against one that never stopped")
struct RestorePropertyTests {
  @Test("whenever state is written and wherever it is killed, it continues with the same state", arguments: 0..<20)
  func sameState(part: Int) { RestoreCase.search(part: part) }

  @Test("each planted bug is found within 2,000 cases", arguments: PlantedMistake.allCases)
  func finds(_ mistake: PlantedMistake) {
    let found = (0..<2000).first { RestoreCase(seed: UInt64($0)).difference(mistake) != nil }
    #expect(found != nil)
  }
}
