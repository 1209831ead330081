import Testing

@testable import Streams

@Suite("Conditions on records")
struct ConditionTests {
  @Test(
    "equals compares a string's text, or a number, true or false as written",
    arguments: [
      (#"{"f":"ab"}"#, "ab", true), (#"{"f":"\u0061b"}"#, "ab", true), (#"{"f":"abc"}"#, "ab", false),
      (#"{"f":"a"}"#, "ab", false), (#"{"f":""}"#, "", true), (#"{"f":"x"}"#, "", false), (#"{}"#, "", false),
      (#"{"f":"1"}"#, "1", true), (#"{"f":1}"#, "1", true), (#"{"f": 1 , "g":2}"#, "1", true),
      (#"{"f":1.0}"#, "1", false), (#"{"f":1.0}"#, "1.0", true), (#"{"f":-1E+2}"#, "-1E+2", true),
      (#"{"f":true}"#, "true", true), (#"{"f":false}"#, "true", false), (#"{"f":"true"}"#, "true", true),
      (#"{"f":null}"#, "null", false), (#"{"f":[]}"#, "[]", false), (#"{"f":{}}"#, "{}", false),
      (#"{"f":"é"}"#, "é", true), (#"{"f":"e\u0301"}"#, "é", false), (#"{"g":{"f":"ab"}}"#, "ab", false),
      (#"{"f":"a\nb"}"#, "a\nb", true), (#"{"f":"\ud83d\ude00"}"#, "😀", true), (#"{"f":"a\u0000b"}"#, "a\0b", true),
    ])
  func equals(_ value: String, _ text: String, _ expected: Bool) throws {
    #expect(try ReadFacts.meets(.equals(text), value) == expected)
  }

  @Test(
    "contains and matches look at strings only",
    arguments: [
      (#"{"f":"an error occurred"}"#, "error", true), (#"{"f":"an err\u006fr"}"#, "error", true),
      (#"{"f":"eerror"}"#, "error", true), (#"{"f":"erro"}"#, "error", false), (#"{"f":"erro error"}"#, "error", true),
      (#"{"f":"grün"}"#, "ü", true), (#"{"f":"x"}"#, "", true), (#"{"f":""}"#, "", true), (#"{"f":123}"#, "2", false),
      (#"{"f":true}"#, "true", false), (#"{"f":null}"#, "", false), (#"{"f":["error"]}"#, "error", false),
      (#"{"g":"error"}"#, "error", false), (#"{}"#, "", false),
    ])
  func contains(_ value: String, _ text: String, _ expected: Bool) throws {
    #expect(try ReadFacts.meets(.contains(text), value) == expected)
    // None of these texts means anything but itself to an expression.
    #expect(try ReadFacts.meets(.matches(text), value) == expected)
  }

  @Test("matches looks at the text without escapes")
  func matches() throws {
    #expect(try ReadFacts.meets(.matches(#"^\d+\t\S$"#), #"{"f":"12\t\u0033"}"#))
    #expect(try !ReadFacts.meets(.matches("t"), #"{"f":"12\t3"}"#))
    #expect(try ReadFacts.meets(.matches("^$"), #"{"f":""}"#))
  }

  @Test(
    "above and below look at numbers only, and are strict",
    arguments: [
      ("5.1", true, false), ("5", false, false), ("5.0", false, false), ("4.9", false, true), ("-7", false, true),
      ("1e3", true, false), ("1e308", true, false), ("-1e308", false, true), ("1e999", false, false),
      ("-1e999", false, false), (#""6""#, false, false), ("true", false, false), ("null", false, false),
      ("[6]", false, false), ("0.1e-300", false, true), (#""""#, false, false),
    ])
  func limits(_ number: String, _ isAbove: Bool, _ isBelow: Bool) throws {
    #expect(try ReadFacts.meets(.above(5), #"{"f":\#(number)}"#) == isAbove)
    #expect(try ReadFacts.meets(.below(5), #"{"f":\#(number)}"#) == isBelow)
  }

  @Test("conditions without a field look at all of a text")
  func texts() throws {
    #expect(try ReadFacts.meets(.equals("GET /"), "GET /", format: .text))
    #expect(try !ReadFacts.meets(.equals("GET /"), "GET /\n", format: .text))
    #expect(try ReadFacts.meets(.contains(" 500 "), "GET / 500 12", format: .text))
    #expect(try ReadFacts.meets(.matches(#" 5\d\d "#), "GET / 503 12", format: .text))
    #expect(try !ReadFacts.meets(.matches(#" 5\d\d "#), "GET / 203 12", format: .text))
    #expect(try !ReadFacts.meets(.above(5), "6", format: .text))
    #expect(try !ReadFacts.meets(.below(5), "4", format: .text))
    #expect(try ReadFacts.meets(.equals(""), "", format: .text))
    #expect(try ReadFacts.meets(.contains(#"\n"#), #"a\nb"#, format: .text))
  }

  @Test("any bytes are a text")
  func anyBytes() throws {
    let facts = try ReadFacts.read(bytes: [0xFF, 0x00] + "error".utf8 + [0xC3], format: .text) {
      $0.counts = [
        .init(name: "a", field: nil, condition: .contains("error")),
        .init(name: "b", field: nil, condition: .matches("error")),
      ]
    }
    #expect(facts == ReadFacts(matches: [true, true]))
  }

  @Test("a text that is null meets no condition, and a text has no fields")
  func nothing() throws {
    #expect(
      try ReadFacts.read(nil, format: .text) {
        $0.counts = [.init(name: "n", field: nil, condition: .contains(""))]
      } == ReadFacts(matches: [false]))
    let facts = try ReadFacts.read(#"{"f":"1"}"#, format: .text) {
      $0.counts = [.init(name: "n", field: "f", condition: .equals("1"))]
      $0.measures = [.init(field: "f", statistics: [.avg])]
      $0.division = .field("f")
      $0.time = "f"
    }
    #expect(facts == ReadFacts(matches: [false], numbers: [nil]))
  }

  @Test("format none decodes nothing", arguments: [nil, "{", #"{"f":"1"}"#])
  func noFormat(_ value: String?) throws {
    let facts = try ReadFacts.read(value, key: "k", format: .none) {
      $0.counts = [.init(name: "n", field: "f", condition: .equals("1"))]
      $0.division = .key
    }
    #expect(facts == ReadFacts(matches: [false], division: "k"))
  }

  @Test("each count has its own result; many may look at one field")
  func many() throws {
    let facts = try ReadFacts.read(#"{"a":"x1","b":7}"#) {
      $0.counts = [
        .init(name: "1", field: "b", condition: .above(6)), .init(name: "2", field: "a", condition: .contains("1")),
        .init(name: "3", field: "b", condition: .below(6)), .init(name: "4", field: "a", condition: .equals("x1")),
        .init(name: "5", field: "b", condition: .equals("7")), .init(name: "6", field: "c", condition: .above(0)),
      ]
      $0.measures = [.init(field: "b", statistics: [.sum])]
    }
    #expect(facts == ReadFacts(matches: [true, true, false, true, true, false], numbers: [7]))
  }

  @Test("an expression that exceeds its limits makes the record invalid, and its count is named once")
  func exceeded() throws {
    for format in [StreamDefinition.Format.json, .text] {
      var definition = StreamDefinition(name: "s", topics: [.name("t")])
      definition.format = format
      let field = format == .json ? "f" : nil
      definition.counts = [
        .init(name: "good", field: field, condition: .contains("a")),
        .init(name: "slow", field: field, condition: .matches(#"(a+)+["}x]*$"#)),
        .init(name: "slower", field: field, condition: .matches(#"(a|aa)+["}x]*$"#)),
      ]
      definition.division = .key
      var reader = try StreamReader(definition)
      let text = { (text: String) in format == .json ? Array(#"{"f":"\#(text)"}"#.utf8) : Array(text.utf8) }
      #expect(reader.takeExceeded().isEmpty)
      let long = text(String(repeating: "a", count: 5_000) + "!")
      for _ in 0..<3 {
        let facts = ReadFacts(&reader, long, key: [])
        #expect(facts == ReadFacts(isInvalid: true, matches: [false, false, false]))
      }
      #expect(reader.takeExceeded() == ["slow", "slower"])
      #expect(reader.takeExceeded().isEmpty)
      #expect(ReadFacts(&reader, text("aa"), key: []) == ReadFacts(matches: [true, true, true], division: ""))
      #expect(reader.takeExceeded().isEmpty)
    }
  }

  @Test("a reader isn't made for a pattern that isn't an expression")
  func problem() {
    #expect(throws: Expression.Problem(message: "missing closing parenthesis", column: 3)) {
      try ReadFacts.read("{}") { $0.counts = [.init(name: "n", field: "f", condition: .matches("(a"))] }
    }
  }
}
