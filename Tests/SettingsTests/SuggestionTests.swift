import Testing

@testable import Settings

@Suite("Suggestions")
struct SuggestionTests {
  @Test(
    "a word that is close is meant",
    arguments: [
      ("agnet", "agent"), ("AGENT", "agent"), ("agents", "agent"), ("gent", "agent"), ("log-level", "log_level"),
      ("evalutator", "evaluator"),
    ])
  func close(word: String, meant: String) {
    #expect(Suggestion.closest(to: word, among: ["kafka", "agent", "log_level", "evaluator"]) == meant)
  }

  @Test("a word that isn't close isn't guessed at", arguments: ["", "x", "broker", "agentinterval"])
  func far(word: String) {
    #expect(Suggestion.closest(to: word, among: ["kafka", "agent", "evaluator"]) == nil)
  }

  @Test("the closest of several is taken, whatever the order")
  func closest() {
    #expect(Suggestion.closest(to: "above", among: ["abode", "above"]) == "above")
    #expect(Suggestion.closest(to: String(repeating: "x", count: 10_000), among: ["above"]) == nil)
  }
}
