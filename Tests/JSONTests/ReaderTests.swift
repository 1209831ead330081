import Testing

@testable import JSON

@Suite("Reader")
struct ReaderTests {
  /// The tokens of `text`, each as its kind and its text.
  private func tokens(_ text: String) -> [String] {
    var reader = Reader(Array(text.utf8))
    var found: [String] = []
    while true {
      let token = reader.next()
      switch token {
      case .key, .string: found.append("\(token) \(reader.string ?? "?")")
      case .number: found.append("\(token) \(String(decoding: reader.raw, as: UTF8.self))")
      default: found.append("\(token)")
      }
      if token == .end || token == .invalid { return found }
    }
  }

  @Test("every kind of token is found, with blanks anywhere between them")
  func kinds() {
    #expect(
      tokens(#" { "a" : [ 1 , -2.5e3 , "x\u0041" , true , false , null , { } , [ ] ] , "b" : { "c" : "" } } "#) == [
        "beginObject", "key a", "beginArray", "number 1", "number -2.5e3", "string xA", "true", "false", "null",
        "beginObject", "endObject", "beginArray", "endArray", "endArray", "key b", "beginObject", "key c", "string ",
        "endObject", "endObject", "end",
      ])
  }

  @Test(
    "what isn't JSON is invalid, and stays invalid",
    arguments: [
      "", " ", "{", "}", "{]", "[}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
      "{a:1}", "{\"a\" 1}", "{\"a\"::1}", "{1:1}", "\"a", "'a'", "tru", "nul", "True", "01", "1.", ".5", "+1", "1e",
      "- 1",
      "NaN", "1 1", "{} {}", "{}x", "[1]]", "\u{0}", "{}\u{0}", "\"\u{1}\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u12",
      "\"\\",
    ])
  func invalid(_ text: String) {
    var reader = Reader(Array(text.utf8))
    var token = reader.next()
    while token != .invalid && token != .end { token = reader.next() }
    #expect(token == .invalid)
    same(reader.next(), .invalid)
  }

  @Test("skip passes over a value of any depth, and leaves the reader after it")
  func skip() {
    var reader = Reader(Array(#"{"a":{"b":[{"c":1}]},"d":7}"#.utf8))
    same(reader.next(), .beginObject)
    same(reader.next(), .key)
    same(reader.skip(), true)
    same(reader.next(), .key)
    same(reader.isText("d"), true)
    reader.next()
    same(reader.int64, 7)
    same(reader.next(), .endObject)
    same(reader.next(), .end)
  }

  @Test("a hundred thousand open brackets need no stack")
  func deep() {
    let depth = 100_000
    var reader = Reader(
      Array(repeating: UInt8(ascii: "["), count: depth) + Array(repeating: UInt8(ascii: "]"), count: depth))
    same(reader.next(), .beginArray)
    var token = Reader.Token.beginArray
    var deepest = 0
    while token != .end && token != .invalid {
      deepest = max(deepest, reader.depth)
      token = reader.next()
    }
    #expect(token == .end)
    #expect(deepest == depth)
  }

  @Test("a key is recognised through its escapes")
  func escapedKey() {
    var reader = Reader(Array(#"{"cpu\u005fusage":1}"#.utf8))
    reader.next()
    reader.next()
    same(reader.isText("cpu_usage"), true)
    same(reader.isText("cpu_usag"), false)
  }

  @Test("a string that isn't UTF-8, or half a surrogate pair, has no text")
  func noText() {
    var reader = Reader([0x22, 0xFF, 0x22])
    same(reader.next(), .string)
    same(reader.string, nil)
    var half = Reader(Array(#""\ud800""#.utf8))
    same(half.next(), .string)
    same(half.string, nil)
    var whole = Reader(Array(#""\ud83d\ude00""#.utf8))
    same(whole.next(), .string)
    same(whole.string, "😀")
  }

  @Test("a byte-order mark before the value is skipped")
  func byteOrderMark() {
    var reader = Reader([0xEF, 0xBB, 0xBF, UInt8(ascii: "1")])
    same(reader.next(), .number)
    same(reader.int64, 1)
    same(reader.next(), .end)
  }

  @Test("tells where each token begins, and where the text stops being JSON")
  func offsets() {
    var reader = Reader(Array(#" {"a" : [12, "x"] ,}"#.utf8))
    var offsets: [Int] = []
    repeat {
      reader.next()
      offsets.append(reader.offset)
    } while reader.token != .invalid
    #expect(offsets == [1, 2, 8, 9, 13, 16, 19])
  }
}

/// `#expect(a == b)` for members of a noncopyable type.
func same<Value: Equatable>(_ a: Value, _ b: Value, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(a == b, sourceLocation: sourceLocation)
}
