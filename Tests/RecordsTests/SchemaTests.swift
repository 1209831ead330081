import Foundation
import JSON
import Platform
import Records
import TestRandom
import TestSupport
import Testing

@Suite("docs/schemas")
struct SchemaTests {
  private static let names = ["status-record", "reading", "monitor-record", "transition"]

  private func text(_ encode: (inout Writer) -> Void) -> String {
    var writer = Writer()
    encode(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The fields of a record.
  private func fields(_ record: String) throws -> Set<String> {
    Set(try #require(try JSONValue(parsing: record).members).keys)
  }

  // MARK: Every file

  @Test("a file has a version, examples that meet it, and a description of every field", arguments: names)
  func files(_ name: String) throws {
    let schema = try JSONSchema.file(name)
    #expect(schema.keyword("$schema") != nil)
    #expect(schema.keyword("title")?.text?.hasSuffix(", version 1") == true)
    let examples = try #require(schema.keyword("examples")?.elements)
    for example in examples { #expect(schema.problems(of: example) == []) }
    let parts = try (schema.keyword("$defs")?.members?.keys.sorted() ?? []).map { try schema.definition($0) }
    for part in [schema] + parts {
      #expect(part.keyword("description") != nil)
      for field in part.fields { #expect(part[field]?.keyword("description") != nil, "\(field)") }
      for field in part.keyword("required")?.elements ?? [] {
        #expect(part.fields.contains(try #require(field.text)), "\(field) is required, and not described")
      }
    }
  }

  @Test("a number of an example that becomes text is refused, and so is a record without its time or subject")
  func broken() throws {
    for name in Self.names {
      let schema = try JSONSchema.file(name)
      for example in try #require(schema.keyword("examples")?.elements) {
        let members = try #require(example.members)
        let mandatory = name == "monitor-record" ? ["timestamp", "source"] : ["timestamp", "host"]
        for field in mandatory {
          var other = members
          other[field] = nil
          #expect(schema.problems(of: .object(other)) != [], "\(name) without \(field)")
        }
        for (field, value) in members where name != "monitor-record" && value.double != nil {
          for wrong in [JSONValue.string("1"), .null, .bool(true), .array([.number(1)]), .object([:])] {
            #expect(schema.problems(of: .object(members.merging([field: wrong]) { $1 })) != [], "\(name) \(field)")
          }
        }
        for wrong in ["2026-11-22", "2026-11-22T18:00:00Z", "2026-02-30T18:00:00.000Z", "now"] {
          let other = members.merging(["timestamp": .string(wrong)]) { $1 }
          if members["message"] == nil, name == "monitor-record" { continue }
          // A message with another time could still be a line that was an object.
          let strict = name == "monitor-record" ? try schema.definition("message") : schema
          #expect(strict.problems(of: .object(other)) != [], "\(name) \(wrong)")
        }
      }
      #expect(schema.problems(of: .array([])) != [])
      #expect(schema.problems(of: .string("")) != [])
    }
  }

  // MARK: Transitions

  private static let statuses: [Transition.Status] = [.firing, .resolved]
  private static let previous: [Transition.Previous] = [.inactive, .firing]
  private static let reasons: [Transition.Reason] = [.noData, .ruleRemoved, .ruleChanged, .forgotten]

  private func transition(_ random: inout SeededRandom) -> Transition {
    let times = [0, 1_795_176_000_000, 1_795_176_003_500, 253_402_300_799_999, -1].map { WallTime(milliseconds: $0) }
    let numbers = [0, -0.1, 97.1, 1e300, -1e-300, 9_007_199_254_740_992, Double.greatestFiniteMagnitude]
    let texts = ["web-1", "unknown", "statusd@web-1", "orders/pa%2Fid", "d\u{e9}j\u{e0} \"vu\"\\ \u{1F600}"]
    let labels = ["team", "", "a b", "\u{e9}"].filter { _ in random.once(in: 2) }
    return Transition(
      timestamp: random.pick(times), status: random.pick(Self.statuses),
      severity: random.pick(Severity.allCases),
      rule: random.pick(["cpu-high", "A", String(repeating: "x", count: 100)]),
      subject: random.pick(texts + [String(repeating: "s", count: 255)]), metric: random.pick(["cpu_usage", "a b"]),
      value: random.pick(numbers), threshold: random.pick(numbers), since: random.pick(times),
      previous: random.pick(Self.previous), reason: random.once(in: 3) ? nil : random.pick(Self.reasons),
      repeat: random.once(in: 2) ? nil : Int64(1 + random.below(1000)),
      summary: random.once(in: 2) ? nil : random.pick(["", "CPU\nof {{host}}\u{0}", "\u{1F600}"]),
      labels: labels.map { Transition.Label(name: $0, value: random.pick(["infra", ""])) },
      source: SourcePosition(
        topic: random.pick(["status_topic", "statusd-readings"]), partition: random.pick([0, 3, .max]),
        offset: random.pick([0, 18231, .max])))
  }

  @Test("every transition meets its schema, which describes each of its fields, states and reasons, and no others")
  func transitions() throws {
    let schema = try JSONSchema.file("transition")
    var random = SeededRandom(seed: 6)
    var seen: Set<String> = []
    for _ in 0..<1000 {
      let transition = transition(&random)
      let record = text { transition.encode(into: &$0) }
      let problems = schema.problems(of: record)
      guard problems.isEmpty else {
        Issue.record("\(problems): \(record)")
        return
      }
      seen.formUnion(try fields(record))
    }
    #expect(seen == schema.fields)
    let source = try #require(schema["source"])
    #expect(source.fields == ["topic", "partition", "offset"])
    func words(_ field: String) -> [String]? { schema[field]?.keyword("enum")?.elements?.compactMap(\.text) }
    #expect(words("status") == Self.statuses.map(\.rawValue))
    #expect(words("previous") == Self.previous.map(\.rawValue))
    #expect(words("reason") == Self.reasons.map(\.rawValue))
    #expect(words("severity") == Severity.allCases.map(\.name))
  }

  @Test("a transition without one of its fields, or with another state, is refused")
  func brokenTransitions() throws {
    let schema = try JSONSchema.file("transition")
    let members = try #require(schema.keyword("examples")?.elements?.first?.members)
    for field in members.keys where field != "summary" {
      var other = members
      other[field] = nil
      #expect(schema.problems(of: .object(other)) == ["/\(field): missing"])
    }
    let wrong: [(field: String, value: JSONValue)] = [
      ("id", .string("F8FEC92F7821162B")), ("status", .string("pending")), ("severity", .string("info")),
      ("rule", .string("cpu high")), ("rule", .string("")), ("host", .string("")), ("host", .string("a\tb")),
      ("host", .string(String(repeating: "s", count: 256))), ("metric", .string("")), ("previous", .string("resolved")),
      ("reason", .string("silence")), ("reason", .null), ("repeat", .number(0)), ("repeat", .number(1.5)),
      ("summary", .null), ("labels", .array([])), ("labels", .object(["team": .number(1)])), ("source", .object([:])),
      ("source", .object(["topic": .string("t"), "partition": .number(-1), "offset": .number(0)])),
    ]
    for (field, value) in wrong {
      let other = members.merging([field: value]) { $1 }
      #expect(schema.problems(of: .object(other)) != [], "\(field) \(value)")
    }
  }

  // MARK: Monitor records

  private static let lines = [
    "disk \"sda\"\tfull", "", "{a}", "7", "[1]", "d\u{e9}j\u{e0} \u{1F600}\u{0}", "{\"a\":1}}",
  ]

  private func object(_ random: inout SeededRandom) -> String {
    let names = ["timestamp", "source", "message", "level", "a b", ""]
    let values = ["1", "null", "true", "\"x\"", "[1,{}]", "{\"source\":[]}", "-0.5e3", "\"2022-01-01 00:00:00\""]
    let members = (0..<random.below(6)).map { _ in " \"\(random.pick(names))\" : \(random.pick(values))" }
    return "{\(members.joined(separator: ","))} "
  }

  @Test("every line becomes a record that meets its schema: a text as a message, an object as an object")
  func monitorRecords() throws {
    let schema = try JSONSchema.file("monitor-record")
    let (message, object) = try (schema.definition("message"), schema.definition("object"))
    var random = SeededRandom(seed: 7)
    var seen: Set<String> = []
    for _ in 0..<1000 {
      let isObject = random.once(in: 2)
      var line = Array((isObject ? self.object(&random) : random.pick(Self.lines)).utf8)
      if !isObject, random.once(in: 4) { line = random.broken([0xFF, 0x7B] + line, with: [[0x22], [0xC3], [0x5C]]) }
      let limit = isObject ? 1 << 20 : random.pick([120, 1 << 20])
      let record = text { writer in
        _ = line.withUnsafeBytes {
          MonitorRecord.encode(
            $0, source: "app", at: WallTime(milliseconds: 1_795_176_000_000), limit: limit, into: &writer)
        }
      }
      let problems = schema.problems(of: record) + (isObject ? object : message).problems(of: record)
      guard problems.isEmpty else {
        Issue.record("\(problems): \(record)")
        return
      }
      if !isObject { seen.formUnion(try fields(record)) }
    }
    #expect(seen == message.fields)
  }

  @Test("a message with another field, and an object without a source, are refused")
  func brokenMonitorRecords() throws {
    let schema = try JSONSchema.file("monitor-record")
    let message = try schema.definition("message")
    let stamp = #""timestamp":"2026-11-20T12:00:00.000Z""#
    #expect(message.problems(of: #"{\#(stamp),"source":"app","message":"x"}"#) == [])
    #expect(message.problems(of: #"{\#(stamp),"source":"app","message":"x","level":1}"#) == ["/level: not allowed"])
    for wrong in ["{\(stamp),\"message\":\"x\"}", #"{"source":"app"}"#, #"{\#(stamp),"message":7}"#] {
      #expect(schema.problems(of: wrong) != [], "\(wrong)")
    }
    #expect(message.problems(of: #"{\#(stamp),"source":"","message":"x"}"#) != [])
    #expect(message.problems(of: #"{\#(stamp),"source":"app","message":null}"#) != [])
  }

  // MARK: statusd's own metrics

  private func own(_ others: [(name: String, value: Double)], boot: String?) -> String {
    var record = StatusRecord(
      timestamp: WallTime(milliseconds: 1_795_176_000_000), host: "statusd@web-1", metrics: MetricTable([]))
    record.kind = "self"
    record.bootID = boot
    record.sequence = 1042
    return text { record.encode(into: &$0, others: others) }
  }

  @Test("statusd's own metrics meet the schema of readings, which describes each of them, and no others")
  func ownMetrics() throws {
    let schema = try JSONSchema.file("reading")
    let part = try schema.definition("self")
    let boot = "6c0ef2f0-5a5b-4b1f-8e36-1c9f2b7f3f11"
    let agent = AgentNumbers().fields
    for lag in [nil, 5] as [Int64?] {
      for others in [agent, agent + EvaluatorNumbers(lag: lag).fields, agent + MeterNumbers().fields] {
        #expect(schema.problems(of: own(others, boot: boot)) == [])
        #expect(schema.problems(of: own(others, boot: nil)) == [])
      }
    }
    let all = (agent + EvaluatorNumbers(lag: 5).fields + MeterNumbers().fields).map {
      ($0.name, Double(1_234_567_890_123))
    }
    let record = own(all.map { (name: $0.0, value: $0.1) }, boot: boot)
    #expect(schema.problems(of: record) == [])
    #expect(try fields(record) == part.fields)
    for metric in EvaluatorNumbers.metrics {
      let text = part[metric.name]?.keyword("description")?.text ?? ""
      #expect(text.hasSuffix(metric.kind == .counter ? "(counter)." : "(gauge)."), "\(metric.name)")
    }
    #expect(schema.problems(of: record.replacing("\"self\"", with: "\"host\"")) != [])
    #expect(schema.problems(of: record.replacing("statusd@", with: "")) != [])
    #expect(schema.problems(of: record.replacing("\"samples_lost\":", with: "\"samples_lst\":")) != [])
    #expect(schema.problems(of: record.replacing("\"lag\":", with: "\"lag\":-")) != [])
    #expect(schema.problems(of: own(all.map { (name: $0.0, value: $0.1 + 0.5) }, boot: boot)) != [])
  }

  @Test("what a forwarder says of itself and of receivers meets it, which describes each metric, and no others")
  func forwarder() throws {
    let schema = try JSONSchema.file("reading")
    let time = WallTime(milliseconds: 1_795_176_000_000)
    var numbers = ForwarderNumbers()
    (numbers.transitions, numbers.oldestWaiting) = (1_234_567_890_123, 7)
    var failing = ReceiverNumbers()
    (failing.failed, failing.isWell) = (3, false)
    let forwarder = ForwarderRecord(numbers, instance: "web 1 \"\u{e9}\"", at: time)
    #expect(forwarder.subject == "statusd-forward@web 1 \"\u{e9}\"")
    let receivers = [ReceiverNumbers(), failing].map { ForwarderRecord($0, of: "on-call", instance: "web-1", at: time) }
    #expect(receivers[0].subject == "receiver/on-call")
    for (record, kind) in [(forwarder, "forwarder"), (receivers[0], "receiver"), (receivers[1], "receiver")] {
      let text = String(decoding: record.value, as: UTF8.self)
      let part = try schema.definition(kind)
      #expect(schema.problems(of: text) == [])
      #expect(part.problems(of: text) == [])
      #expect(try fields(text) == part.fields)
      #expect(try JSONValue(parsing: text)["host"]?.text == record.subject)
      for wrong in [
        text.replacing("\"\(kind)\"", with: "\"self\""), text.replacing("\"failed\":", with: "\"failed\":-1"),
        text.replacing("failed\":", with: "fails\":"),
        text.replacing("\"instance\":\"", with: "\"instance\":\"\\u0001"),
      ] where wrong != text {
        #expect(schema.problems(of: wrong) != [], "\(wrong)")
      }
    }
    let well = receivers.map { String(decoding: $0.value, as: UTF8.self).hasSuffix("\"well\":1}") }
    #expect(well == [true, false])
    let tables = [
      ("forwarder", ForwarderNumbers.metrics.map { ($0.name, $0.kind == .counter) }),
      ("receiver", ReceiverNumbers.metrics.map { ($0.name, $0.kind == .counter) }),
    ]
    for (kind, metrics) in tables {
      for (name, isCounter) in metrics {
        let text = try schema.definition(kind)[name]?.keyword("description")?.text ?? ""
        #expect(text.hasSuffix(isCounter ? "(counter)." : "(gauge).") || name == "well", "\(name)")
      }
    }
  }
}
