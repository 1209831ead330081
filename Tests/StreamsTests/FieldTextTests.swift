import Streams
import TestRandom
import Testing

@Suite("Texts that divide readings, and distinct ones")
struct FieldTextTests {
  private func division(_ value: String) throws -> String? {
    let facts = try ReadFacts.read(value) {
      $0.division = .field("f")
      $0.distincts = [.init(name: "d", field: "f", over: .seconds(60))]
    }
    #expect(!facts.isInvalid)
    #expect(facts.texts == [facts.division])
    return facts.division
  }

  private func key(_ bytes: [UInt8]?, value: String? = "{}") throws -> String? {
    try ReadFacts.read(bytes: value.map { Array($0.utf8) }, key: bytes) { $0.division = .key }.division
  }

  @Test(
    "the text of a field is a string's without escapes, or a number, true or false as written",
    arguments: [
      (#""web-1""#, "web-1"), (#""a\tb\u00e9\\\"\/""#, "a\tbé\\\"/"), (#""é""#, "é"), (#""""#, ""), ("1.50", "1.50"),
      ("-1E5", "-1E5"), ("true", "true"), ("false", "false"), ("null", nil), ("{}", nil), (#"["a"]"#, nil),
      (#""null""#, "null"), (#""abcdefg\n""#, "abcdefg\n"), (#""abcdefgh\n""#, "abcdefgh\n"),
      (#""[\\]""#, "[\\]"), (#""\ud83d\ude00""#, "😀"),
    ])
  func fields(_ value: String, _ expected: String?) throws {
    #expect(try division(#"{"f":\#(value)}"#) == expected)
    #expect(try division(#"{"a":1, "f" : \#(value) , "b":[2]}"#) == expected)
  }

  @Test("a field that isn't there has no text")
  func absent() throws {
    #expect(try division("{}") == nil)
    #expect(try division(#"{"g":{"f":"a"}}"#) == nil)
  }

  @Test("a longer text than 255 bytes is cut between two characters")
  func long() throws {
    let a = { String(repeating: "a", count: $0) }
    for (text, length) in [
      (a(255), 255), (a(256), 255), (a(5_000), 255), (a(254) + "é", 254), (a(253) + "é", 255), (a(253) + "éa", 255),
      (a(253) + "😀", 253), (a(251) + "😀", 255), (a(252) + "😀", 252), (a(254) + "😀", 254),
    ] {
      let expected = String(decoding: Array(text.utf8)[..<length], as: UTF8.self)
      #expect(try division(#"{"f":"\#(text)"}"#) == expected)
      #expect(try division(#"{"f":"\u0061\#(text.dropFirst())"}"#) == expected)
      #expect(try key(Array(text.utf8)) == expected)
    }
    #expect(try division(#"{"f":\#(String(repeating: "9", count: 300))}"#) == String(repeating: "9", count: 255))
  }

  @Test("the key divides as text, whatever the format; a record without a key isn't divided")
  func keys() throws {
    #expect(try key(Array("web-é".utf8)) == "web-é")
    #expect(try key([]) == "")
    #expect(try key(nil) == nil)
    #expect(try ReadFacts.read(nil, key: "k", format: .text) { $0.division = .key }.division == "k")
    #expect(try ReadFacts.read(nil, key: "k", format: .none) { $0.division = .key }.division == "k")
  }

  @Test("U+FFFD stands for what isn't UTF-8 in a key, as Swift decodes it")
  func repaired() throws {
    #expect(try key([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
    var random = SeededRandom(seed: 1)
    let pieces: [[UInt8]] = [
      [0x61], [0xFF], [0xC0], [0xC3, 0xA9], [0xC3], [0xE0, 0x80], [0xE0, 0xA0], [0xED, 0xA0, 0x80], [0xE2, 0x82],
      [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x80], [0xF0, 0x80], [0xF4, 0x90, 0x80], [0xF4, 0x8F], [0x80], [0xF5],
    ]
    for round in 0..<5_000 {
      var bytes: [UInt8] = []
      for _ in 0..<random.below(8) { bytes += random.pick(pieces) }
      let text = try key(bytes)
      #expect(text == String(decoding: bytes, as: UTF8.self), "round \(round): \(bytes)")
    }
    // 85 replacements of three bytes each are 255 bytes.
    #expect(try key(Array(repeating: 0xFF, count: 300)) == String(repeating: "\u{FFFD}", count: 85))
  }

  @Test("the key's text outlives the key")
  func copied() throws {
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    definition.division = .key
    var reader = try StreamReader(definition)
    var facts = RecordFacts(for: definition)
    var key: [UInt8] = Array("first".utf8)
    let empty = UnsafeRawBufferPointer(start: nil, count: 0)
    key.withUnsafeBytes { reader.read(key: $0, value: empty, into: &facts) }
    #expect(facts.isInvalid && facts.division == nil)
    Array("{}".utf8).withUnsafeBytes { value in
      key.withUnsafeBytes { reader.read(key: $0, value: value, into: &facts) }
    }
    for index in key.indices { key[index] = 0x78 }
    #expect(facts.division.map { String(decoding: $0, as: UTF8.self) } == "first")
  }
}
