import Records
import Testing

@testable import Backtest

/// Malformed and odd records that other producers are known to write, and their expected results.
@Suite("Trouble with other producers")
struct ProducerTroubleTests {
  @Test("a quoted number isn't a number: it neither fires nor resolves, and affects no other rule")
  func quotedNumbers() throws {
    let history = try History(
      rules: History.cpuHigh + History.rule("memory-high", on: "memory_usage"),
      [
        History.line(0, #"{"cpu_usage":40,"memory_usage":30}"#),
        History.line(1, #"{"cpu_usage":"99","memory_usage":95}"#),
        History.line(2, #"{"cpu_usage":93.5,"memory_usage":"12"}"#),
        History.line(3, #"{"cpu_usage":"0x5d","memory_usage":20}"#),
        History.line(4, #"{"cpu_usage":"NaN","memory_usage":20}"#),
        History.line(5, #"{"cpu_usage":"","memory_usage":20}"#),
        History.line(6, #"{"cpu_usage":3,"memory_usage":20}"#),
      ])
    #expect(
      history.told == [
        "12:00:01.000 firing critical memory-high/web-1 95 since 12:00:01.000",
        "12:00:02.000 firing critical cpu-high/web-1 93.5 since 12:00:02.000",
        "12:00:03.000 resolved critical memory-high/web-1 20 since 12:00:03.000",
        "12:00:06.000 resolved critical cpu-high/web-1 3 since 12:00:06.000",
      ])
    #expect(history.numbers.badForRule == 5)
    #expect(history.numbers.bad == 0)
    let said = history.log.lines.filter { $0.message.contains("is no number") }
    #expect(said.count == 2)
    #expect(said.first?.metadata["kind"] == .string("a string"))
    #expect(said.first?.metadata["offset"] == .int(1))
  }

  @Test("an array, string or number instead of an object is a bad record, and nested fields don't count")
  func shapes() throws {
    let history = try History(
      rules: History.cpuHigh,
      [
        History.line(0, #"[{"host":"web-1","cpu_usage":99}]"#), History.line(1, #""cpu_usage: 99""#),
        History.line(2, "99"), History.line(3, #"{"fields":{"cpu_usage":99},"tags":{"host":"web-9"}}"#),
        History.line(4, #"{"fields":{"cpu_usage":1,"host":"web-9"},"cpu_usage":91}"#),
        History.line(5, #"{"a":[["cpu_usage",1],{"cpu_usage":2}],"text":"\"cpu_usage\":3}","cpu_usage":92}"#),
        History.line(6, #"{"fields":{"cpu_usage":99},"cpu_usage":5}"#),
      ])
    #expect(
      history.told == [
        "12:00:04.000 firing critical cpu-high/web-1 91 since 12:00:04.000",
        "12:00:06.000 resolved critical cpu-high/web-1 5 since 12:00:06.000",
      ])
    #expect(history.numbers.badByReason[Int(BadReason.notObject.rawValue)] == 3)
    #expect(history.numbers.bad == 3)
  }

  @Test("a record with thousands of nested brackets is read like any other")
  func depth() throws {
    let depth = 5000
    let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let history = try History(
      rules: History.cpuHigh, [History.line(0, "{\"deep\":\(deep),\"cpu_usage\":95}")])
    #expect(history.told == ["12:00:00.000 firing critical cpu-high/web-1 95 since 12:00:00.000"])
  }

  @Test("the last value of a repeated key counts, for numbers, host and time, however the key is escaped")
  func doubledKeys() throws {
    let history = try History(
      rules: History.cpuHigh,
      [
        History.line(0, #"{"":1795176000.4,"cpu.usage":99,"CPU_USAGE":99,"cpu_usage":5}"#),
        History.line(1, #"{"cpu_usage":99,"cpu_usage":6}"#), History.line(2, #"{"cpu_usage":6,"cpu_\u0075sage":99}"#),
        History.line(3, #"{"cpu_usage":1,"cpu_usage":null}"#), History.line(4, #"{"cpu_usage":1,"cpu_usage":[2]}"#),
        History.line(5, #"{"host":"web-2","cpu_usage":98,"h\u006Fst":"web-3"}"#),
        History.line(
          6, #"{"timestamp":"2026-11-20T12:00:06Z","cpu_usage":2,"timestamp":"2026-11-20T12:00:05.250Z"}"#),
      ])
    #expect(
      history.told == [
        "12:00:02.000 firing critical cpu-high/web-1 99 since 12:00:02.000",
        "12:00:05.000 firing critical cpu-high/web-3 98 since 12:00:05.000",
        "12:00:05.250 resolved critical cpu-high/web-1 2 since 12:00:05.250",
      ])
    #expect(history.numbers.badForRule == 2)
  }

  @Test("a record that isn't JSON is skipped, and the next one is evaluated")
  func broken() throws {
    let history = try History(
      rules: History.cpuHigh,
      [
        History.line(0, #"{"cpu_usage":99,}"#), History.line(1, #"{"cpu_usage":NaN}"#),
        History.line(2, #"{"cpu_usage":95.}"#), History.line(3, "{\"cpu_usage\":99"), History.line(4, ""),
        History.line(5, #"{"cpu_usage":96} x"#), #"{"key":"web-1","value_b64":"/w=="}"#,
        History.line(6, #"{"cpu_usage":97}"#),
      ])
    #expect(history.told == ["12:00:06.000 firing critical cpu-high/web-1 97 since 12:00:06.000"])
    #expect(history.numbers.badByReason[Int(BadReason.notJSON.rawValue)] == 6)
    #expect(history.numbers.badByReason[Int(BadReason.empty.rawValue)] == 1)
  }

  @Test("a tombstone resolves its host's alerts")
  func tombstones() throws {
    let history = try History(
      rules: History.cpuHigh,
      [
        History.line(0, #"{"cpu_usage":95}"#), History.line(1, #"{"cpu_usage":95}"#, key: "web-2"),
        History.line(2, "null"), "{\"key\":null,\"timestamp\":1795176003000,\"value\":null}",
        History.line(4, #"{"cpu_usage":95}"#),
      ])
    #expect(
      history.told == [
        "12:00:00.000 firing critical cpu-high/web-1 95 since 12:00:00.000",
        "12:00:01.000 firing critical cpu-high/web-2 95 since 12:00:01.000",
        "12:00:00.000 resolved critical cpu-high/web-1 95 since 12:00:00.000",
        "12:00:04.000 firing critical cpu-high/web-1 95 since 12:00:04.000",
      ])
    #expect(history.numbers.tombstones == 1)
    #expect(history.numbers.tombstonesWithoutKey == 1)
  }
}
