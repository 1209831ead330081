import Platform
import Testing

@Suite("Sums with a greatest number")
struct SaturatingTests {
  @Test("a sum is exact, or the greatest number there is")
  func sum() {
    #expect(Int64(2).addingSaturating(3) == 5)
    #expect(Int64(-2).addingSaturating(.max) == .max - 2)
    #expect(Int64.max.addingSaturating(0) == .max)
    #expect(Int64.max.addingSaturating(1) == .max)
    #expect(Int64.max.addingSaturating(.max) == .max)
  }
}
