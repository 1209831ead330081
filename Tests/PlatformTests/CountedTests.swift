import Platform
import Testing

@Suite("Counted things")
struct CountedTests {
  @Test("one is one, everything else are several")
  func plural() {
    #expect(counted(1, "sample") == "1 sample")
    #expect([0, 2, 11].map { counted($0, "sample") } == ["0 samples", "2 samples", "11 samples"])
  }
}
