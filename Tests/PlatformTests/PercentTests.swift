import Platform
import Testing

@Suite("Percent signs")
struct PercentTests {
  @Test(
    "two hexadecimal digits stand for a byte, anything else for itself",
    arguments: [
      ("", ""), ("a/b", "a/b"), ("%2F", "/"), ("a%2fb%25", "a/b%"), ("gr%C3%BCn", "grün"), ("%25%32F", "%2F"),
      ("%", "%"), ("%4", "%4"), ("%4g", "%4g"), ("%%41", "%A"), ("%ü", "%ü"), ("%FF", "\u{FFFD}"),
    ])
  func decoded(text: String, expected: String) {
    #expect(text.percentDecoded == expected)
  }
}
