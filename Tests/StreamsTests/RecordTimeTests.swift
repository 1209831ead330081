import Streams
import Testing

@Suite("A record's own time")
struct RecordTimeTests {
  @Test(
    "is RFC 3339 with a zone, or a number of seconds or milliseconds",
    arguments: [
      (#""2026-11-20T12:00:00Z""#, 1_795_176_000_000), (#""2026-11-20T13:00:00.25+01:00""#, 1_795_176_000_250),
      (#""2026-11-20 12:00:00Z""#, 1_795_176_000_000), (#""2026-11-20 11:00:00-01:00""#, 1_795_176_000_000),
      (#""2026\u002d11-20t12:00:00z""#, 1_795_176_000_000), ("1795176001.5", 1_795_176_001_500),
      ("1795176001000", 1_795_176_001_000), ("1.795176001e9", 1_795_176_001_000), ("0", 0), ("-1", -1_000),
      (#""2026-11-20T12:00:00""#, nil), (#""2026-11-20 12:00:00""#, nil), (#""2026-11-20""#, nil), (#""now""#, nil),
      (#""1795176001""#, nil), (#""""#, nil), ("1e30", nil), ("-1e30", nil), (#""2026-02-30T00:00:00Z""#, nil),
      ("true", nil), ("null", nil), ("[]", nil), ("{}", nil),
    ])
  func times(_ value: String, _ expected: Int64?) throws {
    let facts = try ReadFacts.read(#"{"at":\#(value)}"#) { $0.time = "at" }
    #expect(facts == ReadFacts(time: expected))
  }

  @Test("is nil without its field")
  func absent() throws {
    #expect(try ReadFacts.read(#"{"at":1}"#) { _ in } == ReadFacts())
    #expect(try ReadFacts.read(#"{"a":1}"#) { $0.time = "at" } == ReadFacts())
  }
}
