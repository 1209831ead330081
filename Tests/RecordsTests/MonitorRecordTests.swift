import JSON
import Platform
import Records
import Testing

@Suite("MonitorRecord")
struct MonitorRecordTests {
  private func record(_ line: [UInt8]) -> String {
    var writer = Writer()
    _ = line.withUnsafeBytes {
      MonitorRecord.encode($0, source: "app", at: WallTime(milliseconds: 1_795_176_000_000), into: &writer)
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

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

  @Test("a JSON object keeps its fields, and gets time and source only where it has none")
  func object() {
    #expect(record(#" { "level":"warn" } "#) == #"{\#(stamp),"source":"app","level":"warn"}"#)
    #expect(record(#"{"timestamp":1,"a":[{"source":1}]}"#) == #"{"source":"app","timestamp":1,"a":[{"source":1}]}"#)
    #expect(record(#"{"a":1,"s\u006furce":null}"#) == #"{\#(stamp),"a":1,"s\u006furce":null}"#)
    #expect(record(#"{"source":"x","timestamp":"y"}"#) == #"{"source":"x","timestamp":"y"}"#)
    #expect(record("{}") == #"{\#(stamp),"source":"app"}"#)
  }

  @Test(
    "what only looks like an object, and JSON that is none, is a message",
    arguments: ["{a}", "{\"a\":NaN}", "[1]", "7", "{\"a\":1}}", "{\"a\":1}{\"b\":2}", "{", "}"])
  func notObject(_ line: String) {
    #expect(record(line).hasPrefix("{\(stamp),\"source\":\"app\",\"message\":\""))
    #expect(ReadRecord.read(record(line)).outcome == .record)
  }
}
