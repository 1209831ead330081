import Platform
import Testing

@Suite("Numbers for people")
struct CountedTests {
  @Test("a long duration is shown without needless precision")
  func rough() {
    let texts = [250, 9_999, 10_001, 3_661_500, 90_061_000].map { Duration.milliseconds($0).roughText }
    #expect(texts == ["250ms", "9s999ms", "10s", "1h1m1s", "1d1h1m"])
  }

  @Test("one is singular, every other count is plural")
  func plural() {
    #expect(counted(1, "sample") == "1 sample")
    #expect([0, 2, 11].map { counted($0, "sample") } == ["0 samples", "2 samples", "11 samples"])
  }
}
