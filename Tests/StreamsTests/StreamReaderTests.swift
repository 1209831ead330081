import Streams
import Testing

@Suite("Fields of records")
struct StreamReaderTests {
  private static let huge = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)

  @Test(
    "a record that is no JSON object is invalid",
    arguments: [
      nil, "", " ", "null", "[]", "1", #""f""#, "{", "}", "{]", #"{"f"}"#, #"{"f":}"#, #"{"f":1"#, #"{"f":1,}"#,
      #"{"f":1}}"#, #"{"f":1} x"#, #"{"f":1}{}"#, #"{f:1}"#, #"{'f':1}"#, #"{"f":01}"#, #"{"f":+1}"#, #"{"f":.5}"#,
      #"{"f":NaN}"#, #"{"f":True}"#, #"{"f":"a}"#, "{\"f\":\"a\nb\"}", #"{"f":"\x"}"#, #"{"f":"\u12"}"#, "{}\0",
      #"{"f":1,,"g":2}"#, #"{,"f":1}"#, #"{"f":1 "g":2}"#, #"{"f":1;"g":2}"#, #"{"f":[1,2}"#, #"{"f":{"g":1]}"#,
      "{\"f\":1}\u{a0}", #"[{"f":1}]"#,
    ])
  func invalid(_ value: String?) throws {
    // No one looks at a field, one looks at this one.
    #expect(try ReadFacts.read(value) { _ in } == ReadFacts(isInvalid: true))
    let facts = try ReadFacts.read(value, key: "k") {
      $0.measures = [.init(field: "f", statistics: [.avg])]
      $0.division = .key
    }
    #expect(facts == ReadFacts(isInvalid: true, numbers: [nil]))
  }

  @Test(
    "a record is valid whatever stands in its other fields",
    arguments: [
      #"{"f":1}"#, " {\t\"f\" : 1\r\n}\n", "\u{feff}{\"f\":1}", #"{"a":null,"f":1}"#, #"{"f":1,"a":"\ud800"}"#,
      #"{"a":[{"f":2},"f",[[]]],"f":1}"#, #"{"a":{"f":{"f":2}},"f":1,"F":3,"ff":4,"":5}"#, #"{"\u0066":1}"#,
      #"{"f\u0000":2,"f":1}"#, #"{"\ud800":2,"f":1,"\u0066\u0066":3}"#, #"{"a":1e999,"f":1}"#,
      #"{"a":\#(huge),"f":1}"#, #"{"\u0066\u0066\u0066\u0066\u0066\u0066\u0066":2,"f":1.0}"#,
    ])
  func valid(_ value: String) throws {
    let facts = try ReadFacts.read(value) { $0.measures = [.init(field: "f", statistics: [.avg])] }
    #expect(facts == ReadFacts(numbers: [1]))
  }

  @Test("bytes that aren't UTF-8 matter only in a text that is asked for")
  func encoding() throws {
    let bytes = Array(#"{"f":"a"#.utf8) + [0xFF] + #"","g":1,"#.utf8 + [0x22, 0xC3, 0x22] + #":2}"#.utf8
    let measure = try ReadFacts.read(bytes: bytes) {
      $0.measures = [.init(field: "f", statistics: [.avg]), .init(field: "g", statistics: [.avg])]
      $0.counts = [.init(name: "n", field: "f", condition: .above(1))]
    }
    #expect(measure == ReadFacts(matches: [false], numbers: [nil, 1]))
    let uses: [(inout StreamDefinition) -> Void] = [
      { $0.counts = [.init(name: "n", field: "f", condition: .equals("a"))] },
      { $0.counts = [.init(name: "n", field: "f", condition: .matches("a"))] },
      { $0.distincts = [.init(name: "d", field: "f", over: .seconds(60))] },
      { $0.division = .field("f") }, { $0.time = "f" },
    ]
    for use in uses {
      #expect(try ReadFacts.read(bytes: bytes, use).isInvalid)
      #expect(try ReadFacts.read(#"{"f":"\udc00"}"#, use).isInvalid)
      #expect(try !ReadFacts.read(#"{"f":"é\u00e9"}"#, use).isInvalid)
      // The last one counts.
      #expect(try !ReadFacts.read(#"{"f":"\udc00","f":1}"#, use).isInvalid)
    }
  }

  @Test("of two fields of the same name the last one counts, however it is written")
  func duplicates() throws {
    let read = { value in
      try ReadFacts.read(value) {
        $0.counts = [.init(name: "n", field: "f", condition: .equals("b"))]
        $0.measures = [.init(field: "f", statistics: [.avg])]
        $0.distincts = [.init(name: "d", field: "f", over: .seconds(60))]
      }
    }
    #expect(try read(#"{"f":"a","f":"b"}"#) == ReadFacts(matches: [true], numbers: [nil], texts: ["b"]))
    #expect(try read(#"{"f":"b","\u0066":"a"}"#) == ReadFacts(matches: [false], numbers: [nil], texts: ["a"]))
    #expect(try read(#"{"f":"b","f":3}"#) == ReadFacts(matches: [false], numbers: [3], texts: ["3"]))
    #expect(try read(#"{"f":"b","f":null}"#) == ReadFacts(matches: [false], numbers: [nil], texts: [nil]))
    #expect(try read(#"{"f":3,"f":[]}"#) == ReadFacts(matches: [false], numbers: [nil], texts: [nil]))
  }

  @Test("names are compared byte for byte")
  func names() throws {
    let names = ["é", "e\u{301}", "a\\b", "a\u{8}", "", "A", "a", String(repeating: "n", count: 63)]
    let all = names + [String(repeating: "n", count: 64)]
    let keys = [
      #"\u00e9"#, #"e\u0301"#, #"a\\b"#, #"a\b"#, "", "A", "a", String(repeating: "n", count: 63),
      String(repeating: "n", count: 63) + #"\u006e"#,
    ]
    for (index, key) in keys.enumerated() {
      let facts = try ReadFacts.read(#"{"\#(key)":1}"#) {
        $0.measures = all.map { .init(field: $0, statistics: [.avg]) }
      }
      #expect(facts.numbers == all.indices.map { $0 == index ? 1 : nil })
    }
  }

  @Test(
    "a measure is a number in a double's range",
    arguments: [
      ("1.5", 1.5), ("-0", 0), ("1e-400", 0), ("12345678901234567890", 12345678901234567168), ("1e999", nil),
      ("-1e999", nil), (#""1.5""#, nil), ("true", nil), ("null", nil), ("{}", nil),
    ])
  func measures(_ number: String, _ expected: Double?) throws {
    let facts = try ReadFacts.read(#"{"f":\#(number)}"#) { $0.measures = [.init(field: "f", statistics: [.avg])] }
    #expect(facts == ReadFacts(numbers: [expected]))
  }

  @Test("nothing is left of the record before, and facts for another definition get room")
  func reuse() throws {
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    var facts = RecordFacts(for: definition)
    definition.counts = [.init(name: "n", field: "f", condition: .equals("1"))]
    definition.measures = [.init(field: "f", statistics: [.avg])]
    definition.distincts = [.init(name: "d", field: "f", over: .seconds(60))]
    definition.division = .field("f")
    definition.time = "f"
    var reader = try StreamReader(definition)
    let full = ReadFacts(time: 1_000, matches: [true], numbers: [1], division: "1", texts: ["1"])
    let none = ReadFacts(matches: [false], numbers: [nil], texts: [nil])
    var invalid = none
    invalid.isInvalid = true
    for value in ["{}", "{", "[]", #"{"f":null}"#, #"{"f":"\udc00"}"#] {
      #expect(ReadFacts(&reader, Array(#"{"f":1}"#.utf8), key: nil, into: &facts) == full)
      let isInvalid = value == "{" || value == "[]" || value.contains("udc00")
      #expect(ReadFacts(&reader, Array(value.utf8), key: nil, into: &facts) == (isInvalid ? invalid : none))
    }
  }

  @Test("a record truncated anywhere is invalid, and nothing after its end is read")
  func cut() throws {
    let whole = Array(#"{"f":"w\u00e9b","g":1.5e1,"h":"é","x":[{"a":null}],"t":true}"#.utf8)
    let read = { bytes in
      try ReadFacts.read(bytes: bytes) {
        $0.distincts = ["f", "g", "h", "t"].map { .init(name: $0, field: $0, over: .seconds(60)) }
      }
    }
    #expect(try read(whole).texts == ["wéb", "1.5e1", "é", "true"])
    for count in 0..<whole.count {
      #expect(try read(Array(whole[..<count])).isInvalid, "\(count) bytes")
    }
  }
}
