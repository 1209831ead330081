import Testing

@testable import Records

@Suite("A recorded line")
struct RecordedLineTests {
  private struct Taken: Equatable {
    var key: String?
    var time: Int64
    var value: String?
  }

  private func read(_ text: String) throws(RecordedLine.Problem) -> Taken {
    let bytes = Array(text.utf8)
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(RecordedLine.Problem) in
        let line = try RecordedLine(bytes)
        return Taken(
          key: line.key.map { String(decoding: $0, as: UTF8.self) }, time: line.kafkaTime,
          value: line.value.map { String(decoding: $0, as: UTF8.self) })
      }
    }
    return try result.get()
  }

  @Test("has key, Kafka time and value, which is kept byte for byte")
  func parts() throws {
    #expect(
      try read(#"{"key":"w\u0065b-1","timestamp":5,"value":{"a" : 1.50,"a":"\u0041"}}"#)
        == Taken(key: "web-1", time: 5, value: #"{"a" : 1.50,"a":"\u0041"}"#))
    #expect(try read("\u{FEFF} {\"value\": [1] ,\"x\":{\"key\":1}, \"key\":null } ") == Taken(time: -1, value: "[1]"))
    #expect(try read(#"{"timestamp":-1,"value":"text"}"#) == Taken(time: -1, value: #""text""#))
  }

  @Test("a value of null is a tombstone")
  func tombstone() throws {
    #expect(try read(#"{"key":"web-1","timestamp":5,"value":null}"#) == Taken(key: "web-1", time: 5))
  }

  @Test(
    "a value that isn't JSON is kept, and gives an unreadable record",
    arguments: ["{\"a\":NaN}", "{\"a\":95.}", "{\"a\":1", "", "}", "{\"a\":1}}", "{'a':1}", "\"a", "{\"a\":1} x"])
  func brokenValue(_ value: String) throws {
    #expect(
      try read("{\"key\":\"web-1\",\"timestamp\":5,\"value\" : \(value)}\r")
        == Taken(key: "web-1", time: 5, value: value))
  }

  @Test("bytes that JSON can't hold are written in Base64")
  func base64() throws {
    let bytes = Array(#"{"key":"a","value_b64":"/+8A"}"#.utf8)
    let value = try bytes.withUnsafeBytes { try RecordedLine($0).value }
    #expect(value == [0xFF, 0xEF, 0x00])
    #expect(try read(#"{"value_b64":"YQ=="}"#).value == "a")
    #expect(try read(#"{"value_b64":""}"#).value == "")
    for text in ["YQ", "Y===", "Y!==", "====", "YQ=a"] {
      #expect(throws: RecordedLine.Problem.self) { try read("{\"value_b64\":\"\(text)\"}") }
    }
  }

  @Test(
    "the error of a line names the problem",
    arguments: [
      ("", "the line isn't JSON"), ("rubbish", "the line isn't JSON"), ("{\"value\"", "the line isn't JSON"),
      ("[1]", "the line isn't an object; expected {\"key\":…,\"timestamp\":…,\"value\":…}"),
      ("{\"cpu_usage\":1}", "\"value\" is missing; expected {\"key\":…,\"timestamp\":…,\"value\":…}"),
      ("{\"key\":1,\"value\":1}", "\"key\" is neither a text nor null"),
      ("{\"timestamp\":1.5,\"value\":1}", "\"timestamp\" isn't a whole number of milliseconds"),
      ("{\"value\":1} 2", "the line isn't JSON"), ("{\"value\":{", "the line isn't JSON"),
    ])
  func problems(_ text: String, _ message: String) {
    #expect(throws: RecordedLine.Problem(message: message)) { try read(text) }
  }
}
