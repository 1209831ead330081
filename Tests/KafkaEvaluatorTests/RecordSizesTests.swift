import Platform
import Testing

@testable import Evaluator
@testable import KafkaEvaluator

@Suite("How large records may be") struct RecordSizesTests {
  private let start = MonotonicTime(nanoseconds: 0)

  private func sizes(client: Int = 1_000_000) -> RecordSizes { RecordSizes(client: client, topics: ["a", "b"]) }

  @Test("the smallest topic limit bounds batches, a topic's own limit its records, and the client's limit both")
  func said() {
    var sizes = sizes()
    #expect(sizes.batch == 1_000_000)
    #expect(sizes.mustAsk([:], at: start))
    sizes.told(["a": 5000, "b": 1_048_588], at: start)
    #expect(sizes.batch == 5000)
    #expect(sizes.room(in: "a") == 4900)
    #expect(sizes.room(in: "b") == 1_000_000)
    #expect(!sizes.mustAsk(["a": 4900], at: start + .seconds(3600)))
    // A missing answer changes nothing.
    sizes.told([:], at: start + .seconds(3600))
    #expect(sizes.batch == 5000)
  }

  @Test("a record that is too large makes it ask again, once a minute")
  func asksAgain() {
    var sizes = sizes()
    sizes.told(["a": 5000, "b": 5000], at: start)
    #expect(!sizes.mustAsk(["a": 6000], at: start + .seconds(59)))
    #expect(sizes.mustAsk(["a": 6000], at: start + .seconds(60)))
    sizes.told(["a": 10_000, "b": 5000], at: start + .seconds(60))
    #expect(sizes.room(in: "a") == 9900)
  }

  @Test("the first refusal makes it ask for a limit that has fallen")
  func fell() {
    var sizes = sizes()
    sizes.told(["a": 1_048_588, "b": 1_048_588], at: start)
    sizes.refused(topic: "a", size: 700, inBatchesOf: sizes.batch, at: start)
    #expect(sizes.mustAsk([:], at: start))
    sizes.told(["a": 3000, "b": 1_048_588], at: start)
    #expect(sizes.batch == 3000)
    #expect(sizes.room(in: "a") == 2900)
    #expect(sizes.room(in: "b") == 1_000_000)
  }

  @Test("if brokers don't tell a limit, refusals make batches smaller, until the record itself is too large")
  func shown() {
    var sizes = sizes()
    sizes.told([:], at: start)
    var refusals = 0
    while sizes.room(in: "a") >= 700 {
      sizes.refused(topic: "a", size: 700, inBatchesOf: sizes.batch, at: start)
      sizes.told([:], at: start)
      refusals += 1
    }
    #expect(refusals == 4)
    #expect(sizes.batch == 1)
    #expect(sizes.room(in: "a") == 699)
    #expect(sizes.room(in: "b") == 1_000_000)
    // The limit may have been raised, so larger records are tried again after ten minutes.
    #expect(!sizes.mustAsk(["a": 700], at: start + .seconds(59)))
    #expect(sizes.mustAsk(["a": 700], at: start + .seconds(601)))
    sizes.told([:], at: start + .seconds(601))
    #expect(sizes.room(in: "a") == 1_000_000)
  }

  @Test("two topics that refuse batches of the same size make batches smaller only once")
  func once() {
    var sizes = sizes()
    let batch = sizes.batch
    sizes.refused(topic: "a", size: 700, inBatchesOf: batch, at: start)
    sizes.refused(topic: "b", size: 200_000, inBatchesOf: batch, at: start)
    #expect(sizes.batch == 125_000)
    #expect(sizes.room(in: "b") == 1_000_000)
  }
}
