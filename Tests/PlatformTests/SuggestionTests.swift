import Platform
import Testing

@Suite("Did you mean")
struct SuggestionTests {
  let names = ["brokers", "run", "check", "tail", "emit", "demo", "simulate", "keep_firing_for"]

  @Test(
    "a mistyped word finds the intended one",
    arguments: [
      ("rnu", "run"), ("rum", "run"), ("chekc", "check"), ("chck", "check"), ("TAIL", "tail"), ("simulte", "simulate"),
      ("keep_fireing_for", "keep_firing_for"), ("brokr", "brokers"), ("keep-firing-for", "keep_firing_for"),
    ])
  func finds(word: String, name: String) {
    #expect(suggestion(for: word, among: names) == name)
  }

  @Test(
    "a word that is close to none finds nothing",
    arguments: ["", "x", "restart", "tli", "configuration", String(repeating: "x", count: 100)])
  func findsNothing(word: String) {
    #expect(suggestion(for: word, among: names) == nil)
  }

  @Test("the closest word wins, the first one of equals")
  func closest() {
    #expect(suggestion(for: "load_11", among: ["load_15", "load_1", "load_5"]) == "load_15")
    #expect(suggestion(for: "load_15x", among: ["load_1", "load_15"]) == "load_15")
  }
}
