import Platform
import Testing

@Suite("Substrings")
struct ContainsTests {
  @Test(
    "a part is found wherever it is",
    arguments: [
      ("connection refused", "refused", true), ("refused", "refused", true), ("refuse", "refused", false),
      ("", "", true),
      ("a", "", true), ("", "a", false), ("aab", "ab", true), ("abab", "ba", true), ("grün", "ü", true),
      ("grün", "un", false),
    ])
  func finds(text: String, part: String, isThere: Bool) {
    #expect(text.contains(part) == isThere)
  }
}
