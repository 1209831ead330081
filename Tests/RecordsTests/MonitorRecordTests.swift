import JSON
import Platform
import Testing

@testable import Records

@Suite("MonitorRecord")
struct MonitorRecordTests {
  private func encode(_ line: [UInt8], limit: Int = 1 << 20) -> (record: String, MonitorRecord.Encoded) {
    var writer = Writer()
    let encoded = line.withUnsafeBytes {
      MonitorRecord.encode(
        $0, source: "app", at: WallTime(milliseconds: 1_795_176_000_000), limit: limit, into: &writer)
    }
    return (String(decoding: writer.bytes, as: UTF8.self), encoded)
  }

  private func record(_ line: [UInt8]) -> String { encode(line).record }

  private func record(_ line: String) -> String { record(Array(line.utf8)) }

  private let stamp = #""timestamp":"2026-11-20T12:00:00.000Z""#

  @Test("a line becomes a message with time and source")
  func message() {
    #expect(record("disk \"sda\"\tfull") == #"{\#(stamp),"source":"app","message":"disk \"sda\"\tfull"}"#)
    #expect(record("") == #"{\#(stamp),"source":"app","message":""}"#)
    #expect(
      record([0x61, 0xFF, 0x62, 0xC3, 0x0]) == "{\(stamp),\"source\":\"app\",\"message\":\"a\u{FFFD}b\u{FFFD}\\u0000\"}"
    )
  }

  @Test("a JSON object keeps its fields, and gets time and source only if it lacks them")
  func object() {
    #expect(record(#" { "level":"warn" } "#) == #"{\#(stamp),"source":"app","level":"warn"}"#)
    #expect(record(#"{"timestamp":1,"a":[{"source":1}]}"#) == #"{"source":"app","timestamp":1,"a":[{"source":1}]}"#)
    #expect(record(#"{"a":1,"s\u006furce":null}"#) == #"{\#(stamp),"a":1,"s\u006furce":null}"#)
    #expect(record(#"{"source":"x","timestamp":"y"}"#) == #"{"source":"x","timestamp":"y"}"#)
    #expect(record("{}") == #"{\#(stamp),"source":"app"}"#)
  }

  @Test("the record's size is bounded, escapes included, and its text is cut between characters", arguments: 60...180)
  func bounded(_ limit: Int) throws {
    let line = Array("a\u{1}\"ä\u{1F600}\\\n\0z".utf8) + [0xFF, 0xC3] + Array("\u{1}\u{2}\u{3}\u{4}".utf8)
    let (whole, uncut) = encode(line)
    #expect(!uncut.isCut)
    let (cut, encoded) = encode(line, limit: limit)
    #expect(encoded.key == "app")
    #expect(encoded.isCut == (whole.utf8.count > limit))
    let least = record("").utf8.count
    #expect(cut.utf8.count <= max(least, limit))
    #expect(!encoded.isCut || limit < least || cut.utf8.count > limit - 6)
    #expect(whole.hasPrefix(cut.dropLast(2)))
    #expect(ReadRecord.read(cut).outcome == .record)
  }

  @Test("an object above the bound becomes a message, and is cut")
  func longObject() {
    let line = Array(#"{"source":"db","message":"\#(String(repeating: "x", count: 100))"}"#.utf8)
    #expect(encode(line, limit: 200).1 == .init(key: "db", isCut: false))
    let (record, encoded) = encode(line, limit: 150)
    #expect(encoded == .init(key: "app", isCut: true))
    #expect(record.utf8.count == 150)
    #expect(record.hasPrefix(#"{\#(stamp),"source":"app","message":"{\"source\":\"db\""#))
  }

  @Test("a source that is longer than any subject doesn't become the key")
  func longSource() {
    let line = Array(#"{"source":"\#(String(repeating: "s", count: 256))"}"#.utf8)
    #expect(encode(line).1 == .init(key: "app", isCut: false))
  }

  @Test(
    "text that only looks like an object, and JSON that isn't one, become messages",
    arguments: ["{a}", "{\"a\":NaN}", "[1]", "7", "{\"a\":1}}", "{\"a\":1}{\"b\":2}", "{", "}"])
  func notObject(_ line: String) {
    #expect(record(line).hasPrefix("{\(stamp),\"source\":\"app\",\"message\":\""))
    #expect(ReadRecord.read(record(line)).outcome == .record)
  }
}
