import Records
import Testing

@Suite("Subject")
struct SubjectTests {
  @Test("the subject is the host if that is a nonempty string, else the key, else `unknown`")
  func order() {
    #expect(ReadRecord.read(#"{"host":"db-1"}"#).subject == "db-1")
    #expect(ReadRecord.read(#"{"host":""}"#).subject == "web-1")
    #expect(ReadRecord.read(#"{"host":null}"#).subject == "web-1")
    #expect(ReadRecord.read(#"{"host":7}"#).subject == "web-1")
    #expect(ReadRecord.read(#"{"host":["db-1"]}"#).subject == "web-1")
    #expect(ReadRecord.read(#"{"host":""}"#, key: nil).subject == "unknown")
    #expect(ReadRecord.read("{}", key: "").subject == "unknown")
    #expect(ReadRecord.read("{}", key: "").subjectIsFallback)
    #expect(!ReadRecord.read("{}", key: "unknown").subjectIsFallback)
    #expect(ReadRecord.read(#"{"host":"d\u00e9j\u00e0"}"#).subject == "déjà")
  }

  @Test("an unused key may have any bytes")
  func unusedKey() {
    #expect(ReadRecord.read(bytes: Array(#"{"host":"db-1"}"#.utf8), key: [0xFF, 0x00]).subject == "db-1")
    #expect(ReadRecord.read(bytes: Array("{}".utf8), key: [0xFF, 0x00]).outcome == .bad(.encoding))
  }

  @Test("a subject has at most 255 bytes")
  func length() {
    let longest = String(repeating: "h", count: 255)
    #expect(ReadRecord.read("{\"host\":\"\(longest)\"}").subject == longest)
    #expect(ReadRecord.read("{\"host\":\"\(longest)h\"}").outcome == .bad(.subject))
    #expect(ReadRecord.read("{}", key: longest).subject == longest)
    #expect(ReadRecord.read("{}", key: longest + "h").outcome == .bad(.subject))
    // 128 letters of two bytes each.
    #expect(ReadRecord.read("{\"host\":\"\(String(repeating: "é", count: 128))\"}").outcome == .bad(.subject))
    #expect(ReadRecord.read("{\"host\":\"\(String(repeating: "é", count: 127))\"}").outcome == .record)
  }

  @Test(
    "a subject with control characters makes the record bad",
    arguments: ["a\\nb", "a\\u0000", "a\\u001bb", "a\u{7f}b", "a\\u007f", "\u{85}", "\\u009f"])
  func controlCharacters(_ host: String) {
    #expect(ReadRecord.read("{\"host\":\"\(host)\"}").outcome == .bad(.subject))
  }

  @Test("a subject may have a blank, a slash, a non-breaking blank and an emoji")
  func otherCharacters() {
    #expect(ReadRecord.read("{\"host\":\"a /\u{a0}😀\"}").subject == "a /\u{a0}😀")
  }

  @Test("the same bytes have the same hash, wherever they are")
  func hashes() {
    var reader = RecordReader(plan: FieldPlan(fields: []), maxFuture: 0)
    func hash(_ value: String, key: String?) -> UInt64 {
      _ = ReadRecord(&reader, Array(value.utf8), key.map { Array($0.utf8) }, slots: 0)
      return reader.subjectHash
    }
    for length in 1...40 {
      let name = String(repeating: "x", count: length)
      let byField = hash("{\"host\":\"\(name)\",\"a\":1}", key: nil)
      #expect(byField == hash("{\"a\":[],\"host\":\"\(name)\"}", key: "other"))
      #expect(byField == hash("{}", key: name))
      #expect(byField != hash("{}", key: name + "x"))
      #expect(byField == Array(name.utf8).withUnsafeBytes { RecordReader.hash(of: $0) })
    }
  }
}
