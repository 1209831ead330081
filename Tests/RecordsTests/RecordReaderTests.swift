import Records
import Testing

@Suite("RecordReader")
struct RecordReaderTests {
  @Test("a record without key, host or time has the subject `unknown` and Kafka's time")
  func tutorial() {
    let record = ReadRecord.read(#"{"cpu_usage": 80.0, "memory_usage": 70.0}"#, key: nil)
    #expect(record.outcome == .record)
    #expect(record.subject == "unknown")
    #expect(record.subjectIsFallback)
    #expect(!record.hasKey)
    #expect(record.time == ReadRecord.noon)
    #expect(!record.bringsOwnTime)
    #expect(record.fields == [.number(80), .number(70)])
    #expect(!record.hasBoot)
    #expect(record.sequence == -1)
  }

  @Test("an agent's record has its host, time, boot id and sequence number")
  func own() {
    let record = ReadRecord.read(
      #"{"timestamp":"2026-11-20T11:59:59.250Z","host":"web-2","cpu_usage":37.25,"memory_usage":61.80,"#
        + #""boot_id":"6c0ef2f0-5a5b-4b1f-8e36-1c9f2b7f3f11","sequence":1042}"#)
    #expect(record.outcome == .record)
    #expect(record.subject == "web-2")
    #expect(record.time == ReadRecord.noon - 750)
    #expect(record.bringsOwnTime)
    #expect(record.fields == [.number(37.25), .number(61.8)])
    #expect(record.hasBoot)
    #expect(record.sequence == 1042)
  }

  @Test("a number in a string, or anything else that isn't a number, isn't read as one")
  func notNumbers() {
    func cpu(_ value: String) -> Field? {
      ReadRecord.read(#"{"cpu_usage":\#(value),"memory_usage":91}"#).fields.first
    }
    #expect(cpu(#""97.5""#) == .notNumber(.string))
    #expect(cpu(#""NaN""#) == .notNumber(.string))
    #expect(cpu(#""0x61""#) == .notNumber(.string))
    #expect(cpu("null") == .notNumber(.null))
    #expect(cpu("true") == .notNumber(.bool))
    #expect(cpu("false") == .notNumber(.bool))
    #expect(cpu("[97]") == .notNumber(.nested))
    #expect(cpu(#"{"cpu_usage":97}"#) == .notNumber(.nested))
    #expect(cpu("1e400") == .notNumber(.overflow))
    #expect(cpu("-1e400") == .notNumber(.overflow))
    #expect(cpu("1e308") == .number(1e308))
  }

  @Test(
    "a rule can match a long non-ASCII text, even in a field that the reader itself uses",
    arguments: ["boot_id", "timestamp", "host", "role"])
  func matchedTexts(name: String) {
    let text = String(repeating: "é", count: 20_000)
    let record = ReadRecord.read(
      #"{"\#(name)":"\#(text)","cpu_usage":1}"#, strings: ["boot_id", "timestamp", "host", "role"])
    switch name {
    // The text is too long for a host name, and isn't a time.
    case "host": #expect(record.outcome == .bad(.subject))
    case "timestamp": #expect(record.outcome == .bad(.timestamp))
    default:
      #expect(record.outcome == .record)
      #expect(record.texts.contains(text))
      #expect(record.hasBoot == (name == "boot_id"))
    }
  }

  @Test("host, time and boot id are unescaped once, whether a rule matches them or not")
  func matchedEscapes() {
    let value = #"{"timestamp":"2026-11-20T11:59:59.250Z","host":"weéb","boot_id":"a\u0062","x":1}"#
    let plain = ReadRecord.read(value, fields: ["x"])
    let matched = ReadRecord.read(value, fields: ["x"], strings: ["timestamp", "host", "boot_id"])
    #expect(plain.outcome == .record)
    #expect(plain.subject == "weéb")
    #expect(matched.subject == "weéb")
    #expect(plain.time == ReadRecord.noon - 750)
    #expect(matched.time == plain.time)
    #expect(matched.hasBoot && plain.hasBoot)
    #expect(matched.texts == [nil, "2026-11-20T11:59:59.250Z", "weéb", #"ab"#])
  }

  @Test("a reader that has learnt a layout accepts nothing that isn't JSON")
  func learntLayout() {
    var reader = RecordReader(plan: FieldPlan(fields: ["x"]), maxFuture: 60_000)
    #expect(ReadRecord(&reader, Array(#"{"x":1}"#.utf8), nil, slots: 1).outcome == .record)
    for byte: UInt8 in [0xFF, 0x00, 0x01] {
      let broken = Array(#"{"x":1"#.utf8) + [byte] + Array(#"2{"x":1}"#.utf8)
      #expect(ReadRecord(&reader, broken, nil, slots: 1).outcome == .bad(.notJSON))
    }
  }

  @Test("a nested field or host doesn't count")
  func nested() {
    let inside = ReadRecord.read(
      #"{"fields":{"cpu_usage":97},"name":"cpu","tags":{"host":"web-9"},"timestamp":1795176002}"#)
    #expect(inside.outcome == .record)
    #expect(inside.subject == "web-1")
    #expect(inside.fields == [.absent, .absent])
    #expect(ReadRecord.read(#"{"fields":{"cpu_usage":97},"cpu_usage":10}"#).fields[0] == .number(10))
    let after = ReadRecord.read(#"{"cpu_usage":95,"fields":{"cpu_usage":10,"host":"web-9"}}"#)
    #expect(after.fields[0] == .number(95))
    #expect(after.subject == "web-1")
    let text =
      #"{"a":[[{"cpu_usage":1}],"cpu_usage",{"b":{"cpu_usage":2}}],"cpu_usage":96,"message":"\"cpu_usage\":3, }{]["}"#
    #expect(ReadRecord.read(text).fields[0] == .number(96))
  }

  @Test(
    "an array, a string or a number is JSON, but not an object",
    arguments: ["[{\"cpu_usage\":97}]", "\"cpu_usage\"", "97", "null", " true "])
  func notObject(_ value: String) {
    #expect(ReadRecord.read(value).outcome == .bad(.notObject))
  }

  @Test("a million nested brackets are read")
  func deep() {
    for depth in [3_000, 1_000_000] {
      let nest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(ReadRecord.read(#"{"deep":\#(nest),"cpu_usage":99}"#).fields.first == .number(99))
      #expect(ReadRecord.read(#"{"deep":\#(nest)],"cpu_usage":99}"#).outcome == .bad(.notJSON))
    }
  }

  @Test("the last value of a repeated key counts, for numbers, host and time alike")
  func duplicates() {
    #expect(ReadRecord.read(#"{"cpu_usage":97,"cpu_usage":10}"#).fields[0] == .number(10))
    #expect(ReadRecord.read(#"{"cpu_usage":10,"cpu_usage":97}"#).fields[0] == .number(97))
    #expect(ReadRecord.read(#"{"cpu_usage":97,"cpu_usage":"x"}"#).fields[0] == .notNumber(.string))
    #expect(ReadRecord.read(#"{"cpu_usage":"x","cpu_usage":97}"#).fields[0] == .number(97))
    #expect(ReadRecord.read(#"{"cpu_usage":97,"cpu\u005fusage":10}"#).fields[0] == .number(10))
    #expect(ReadRecord.read(#"{"host":"web-7","host":"web-3"}"#).subject == "web-3")
    #expect(ReadRecord.read(#"{"host":"web-7","\u0068ost":"web-2"}"#).subject == "web-2")
    #expect(ReadRecord.read(#"{"host":"web-7","host":7}"#).subject == "web-1")
    let times = ReadRecord.read(#"{"timestamp":"2026-11-20T12:00:07Z","timestamp":"2026-11-20T12:00:06.500Z"}"#)
    #expect(times.time == ReadRecord.noon + 6_500)
    #expect(ReadRecord.read(#"{"timestamp":"rubbish","timestamp":"2026-11-20T12:00:06.500Z"}"#).outcome == .record)
    #expect(
      ReadRecord.read(#"{"timestamp":"2026-11-20T12:00:06.500Z","timestamp":"rubbish"}"#).outcome == .bad(.timestamp))
    #expect(ReadRecord.read(#"{"sequence":7,"sequence":8}"#).sequence == 8)
    #expect(ReadRecord.read(#"{"boot_id":"x","boot_id":null}"#).hasBoot == false)
  }

  @Test("similar names are other fields, and an empty key is harmless")
  func similarNames() {
    #expect(ReadRecord.read(#"{"cpu_usage ":99,"CPU_USAGE":99,"cpu_usag":99,"cpu_usage":10}"#).fields[0] == .number(10))
    #expect(ReadRecord.read(#"{"":1795176000.385769,"cpu_usage":50,"cpu0.p_cpu":2.0}"#).fields[0] == .number(50))
    // A letter with its accent as one character, and as two, are different names.
    #expect(ReadRecord.read("{\"caf\u{e9}\":1}", fields: ["cafe\u{301}"]).fields[0] == .absent)
    #expect(ReadRecord.read("{\"caf\u{e9}\":1}", fields: ["caf\u{e9}"]).fields[0] == .number(1))
    #expect(ReadRecord.read(#"{"caf\u00e9":1}"#, fields: ["caf\u{e9}"]).fields[0] == .number(1))
  }

  @Test("a text is read only if the plan requests it, unescaped")
  func texts() {
    let record = ReadRecord.read(
      #"{"role":"d\u00e4ta\nbase","host":"web-1","other":"x"}"#, fields: ["other"], strings: ["role", "host"])
    #expect(record.texts == [nil, "däta\nbase", "web-1"])
    #expect(ReadRecord.read(#"{"role":7}"#, strings: ["role"]).texts.last == .some(nil))
  }

  @Test("a used string that isn't UTF-8 makes the record bad, a skipped one doesn't")
  func encoding() {
    let bad: [UInt8] = [0xC3, 0x28]
    func record(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
      Array("{\"\(name)\":\"".utf8) + bytes + Array("\",\"cpu_usage\":5}".utf8)
    }
    let plan = FieldPlan(fields: ["cpu_usage"], strings: ["role"])
    #expect(ReadRecord.read(bytes: record("message", bad), plan: plan).fields.first == .number(5))
    #expect(ReadRecord.read(bytes: record("cpu_usage", bad), plan: plan).fields.first == .number(5))
    for name in ["host", "role", "timestamp", "boot_id"] {
      #expect(ReadRecord.read(bytes: record(name, bad), plan: plan).outcome == .bad(.encoding), "\(name)")
    }
    // Half a surrogate pair is valid JSON, but not text.
    #expect(ReadRecord.read(#"{"message":"\ud800"}"#).outcome == .record)
    #expect(ReadRecord.read(#"{"host":"\ud800"}"#).outcome == .bad(.encoding))
    // A key that isn't UTF-8 matches no field name.
    #expect(ReadRecord.read(bytes: [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], plan: plan).outcome == .record)
  }

  @Test("an empty value and blanks differ from an empty object")
  func empty() {
    #expect(ReadRecord.read("").outcome == .bad(.empty))
    #expect(ReadRecord.read("  ").outcome == .bad(.notJSON))
    #expect(ReadRecord.read("{}").outcome == .record)
    #expect(ReadRecord.read(" { } \r\n\t").outcome == .record)
    #expect(ReadRecord.read("\u{feff}{\"cpu_usage\":1}").fields.first == .number(1))
    #expect(ReadRecord.read("\u{feff}").outcome == .bad(.notJSON))
  }

  @Test("a reader that has learnt one layout reads every other")
  func layouts() {
    let plan = FieldPlan(fields: ["a", "b"])
    var reader = RecordReader(plan: plan, maxFuture: 0)
    func fields(_ value: String) -> [Field] {
      ReadRecord(&reader, Array(value.utf8), nil, slots: 2).fields
    }
    for _ in 0..<2 {
      #expect(fields(#"{"a":1,"b":2}"#) == [.number(1), .number(2)])
      #expect(fields(#"{"b":2,"a":1}"#) == [.number(1), .number(2)])
      #expect(fields(#"{"a":1}"#) == [.number(1), .absent])
      #expect(fields(#"{ "a" : 1 , "b" : 2 }"#) == [.number(1), .number(2)])
      #expect(fields(#"{"a": 1,"b":  "x"}"#) == [.number(1), .notNumber(.string)])
      #expect(fields(#"{"b":3}"#) == [.absent, .number(3)])
      #expect(fields("{}") == [.absent, .absent])
      #expect(fields(#"{"a":1,"b":2"#) == [])
      #expect(fields(#"{"a":1"b":2}"#) == [])
      #expect(fields(#"{"a":1,"b":2,}"#) == [])
      #expect(fields(#"{"a":1,"b":}"#) == [])
      #expect(fields(#"{,"a":1}"#) == [])
    }
  }

  @Test("a thousand names that occur only once do no harm")
  func manyNames() {
    let plan = FieldPlan(fields: ["a"])
    var reader = RecordReader(plan: plan, maxFuture: 0)
    for round in 0..<40 {
      let names = (0..<100).map { "\"name-\(round)-\($0)-\(String(repeating: "x", count: $0))\":\($0)" }
      let record = ReadRecord(&reader, Array("{\(names.joined(separator: ",")),\"a\":\(round)}".utf8), nil, slots: 1)
      #expect(record.fields == [.number(Double(round))])
    }
  }

  @Test("a tombstone's key is the subject that is gone; without a key there is none, which is no error")
  func tombstones() {
    #expect(ReadRecord.read(nil).outcome == .tombstone)
    #expect(ReadRecord.read(nil).subject == "web-1")
    #expect(ReadRecord.read(nil, key: nil).outcome == .tombstoneWithoutKey)
    #expect(ReadRecord.read(nil, key: "").outcome == .tombstoneWithoutKey)
    #expect(ReadRecord.read(bytes: nil, key: [0xFF]).outcome == .bad(.encoding))
    #expect(ReadRecord.read(nil, key: "a\nb").outcome == .bad(.subject))
  }

  @Test("sequence is a whole number, however it is written")
  func sequences() {
    func sequence(_ value: String) -> Int64 { ReadRecord.read("{\"sequence\":\(value)}").sequence }
    #expect(sequence("0") == 0)
    #expect(sequence("123456789012") == 123_456_789_012)
    #expect(sequence("9223372036854775807") == .max)
    #expect(sequence("9223372036854775808") == -1)
    #expect(sequence("1e3") == 1000)
    #expect(sequence("7.0") == 7)
    #expect(sequence("7.5") == -1)
    #expect(sequence("-1") == -1)
    #expect(sequence("\"7\"") == -1)
    #expect(sequence("null") == -1)
  }
}
