import Streams
import Testing

@Suite("The facts of a record")
struct RecordFactsTests {
  @Test("there is room for each part of the definition")
  func room() {
    var stream = StreamDefinition(name: "s", topics: [.name("t")])
    stream.counts = [.init(name: "errors", field: "message", condition: .contains("error"))]
    stream.measures = [.init(field: "ms", statistics: [.avg]), .init(field: "n", statistics: [.max])]
    let facts = RecordFacts(for: stream)
    #expect(facts.matches.count == 1)
    #expect(facts.numbers.count == 2)
    #expect(facts.texts.isEmpty)
  }
}
