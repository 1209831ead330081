import Foundation
import JSON
import Records
import TestRandom
import TestSupport
import Testing

@testable import Receivers

@Suite("Body template")
struct BodyTemplateTests {
  private func body(_ template: String, _ notification: Receivers.Notification) throws -> String {
    text(try BodyTemplate(template).body(for: notification))
  }

  private func problems(_ template: String) -> [String] {
    do {
      _ = try BodyTemplate(template)
      return []
    } catch {
      return error.list.map { "\($0.line):\($0.column): \($0.message)" }
    }
  }

  @Test("texts and whole values take their places, everything else stays as written")
  func example() throws {
    let template = """
      { "text" : "{{ severity }}: {{rule}} on {{host}} ({{status}}, {{value}} > {{threshold}})",
        "team": "{{labels.team}}", "no": "{{labels.none}}", "at": ["{{since}}", "{{timestamp}}"],
        "n": "{{json value}}", "limit": "{{json threshold}}", "labels": "{{json labels}}", "rule": "{{group.rule}}",
        "to": "{{receiver}}", "id": "{{id}}", "counts": "{{count}}/{{firing}}/{{resolved}}", "c": "{{json count}}",
        "summary": "{{summary}}", "escaped": "\\u007b{host}} \\n\\u00e9", "alerts": "{{alerts}}" }
      """
    let example = notification([transition()], group: [("rule", "cpu-high")])
    let expected = """
      { "text" : "critical: cpu-high on web-1 (firing, 97.1 > 90)",
        "team": "infra", "no": "", "at": ["2026-11-20T12:00:00.000Z", "2026-11-20T12:00:03.500Z"],
        "n": 97.1, "limit": 90.0, "labels": {"team":"infra"}, "rule": "cpu-high",
        "to": "on-call", "id": "\(example.id)", "counts": "1/1/0", "c": 1,
        "summary": "CPU of web-1 at 97.1% (limit 90)", "escaped": "\\u007b{host}} \\n\\u00e9", "alerts": [\(text(record(transition())))] }
      """
    #expect(try body(template, example) == expected)
  }

  @Test("a notification without transitions has empty texts and null")
  func empty() throws {
    #expect(
      try body(#"["{{host}}","{{json value}}","{{alerts}}","{{json labels}}"]"#, notification([]))
        == #"["",null,[],{}]"#)
  }

  @Test("what is wrong is found when it is compiled, with its place")
  func places() {
    #expect(problems(#"{"a":"é{{hosst}}"}"#) == ["1:8: {{hosst}} is unknown; did you mean {{host}}?"])
    #expect(
      problems("{\n \"a\": \"{{host\"}")
        == ["2:8: a {{ has no }}: close it, or write \\u007b{ if no placeholder is meant"])
    #expect(
      problems(#"{"a":{{json value}}}"#)
        == ["1:6: a placeholder must stand between quotes; \"{{json NAME}}\" becomes a number, object or array"])
    #expect(problems(#"{"a":1,}"#) == ["1:8: the template isn't JSON from here on"])
    #expect(problems("") == ["1:1: the template is empty: it must be JSON"])
    #expect(problems(#"{"a":1} x"#) == ["1:9: the template isn't JSON from here on"])
    #expect(problems(#"{"{{host}}":1}"#) == ["1:2: a placeholder can't be part of a name: write it in the value"])
    #expect(
      problems(#"["x {{alerts}}"]"#) == ["1:5: {{alerts}} is no text: it must be all that stands between the quotes"])
    #expect(
      problems(#"["{{json value}} "]"#)
        == ["1:3: {{json value}} is no text: it must be all that stands between the quotes"])
    #expect(problems(#"["{{alerts}}","{{alerts}}"]"#) == ["1:16: {{alerts}} may stand in a template only once"])
    #expect(problems(#"["\ud83d{{host}}\ude00"]"#).count == 2)
    #expect(problems(#"["\ud83d\ude00{{host}}"]"#).isEmpty)
    #expect(problems(#"["{{json host}}"]"#).first?.hasPrefix("1:3: {{json host}} is unknown: after json comes") == true)
    #expect(problems(#"["{{a\u001b}}", "{{labels.}}"]"#).count == 2)
    #expect(
      problems(#"["{{xxxxxxxx}}","# + Array(repeating: #""{{zzzzzzzz}}""#, count: 99).joined(separator: ",") + "]")
        .count == 20)
  }

  @Test("size and number of placeholders are bounded")
  func bounds() {
    #expect(problems("\"" + String(repeating: "x", count: 65_536) + "\"").count == 1)
    let many = Array(repeating: #""{{host}}""#, count: 257).joined(separator: ",")
    #expect(problems("[\(many)]") == ["1:2819: the maximum is 256 placeholders"])
  }

  @Test("no value is looked through for placeholders, and none leaves its text")
  func hostile() throws {
    for odd in hostileTexts {
      let told = notification([transition(host: odd, summary: odd, labels: [("team", odd)])], receiver: odd)
      let body = try BodyTemplate(
        #"{"a":"<{{host}}|{{summary}}>","{b":"{{labels.team}}","c":"{{receiver}}","d":"{{json labels}}"}"#
      )
      .body(for: told)
      let read = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
      #expect(Array((read["a"] as? String ?? "?").unicodeScalars) == Array("<\(odd)|\(odd)>".unicodeScalars))
      #expect(Array((read["{b"] as? String ?? "?").unicodeScalars) == Array(odd.unicodeScalars))
      #expect(Array((read["c"] as? String ?? "?").unicodeScalars) == Array(odd.unicodeScalars))
      #expect(read.count == 4)
    }
  }

  @Test("a broken template is refused, or still makes JSON")
  func broken() throws {
    let pieces = [
      "{{host}}", "{{", "}}", "\"", "\\", "\\ud83d", "\\u007b", "{", "[", ",", ":", "{{alerts}}", "\"{{alerts}}\"",
      "{{json value}}", " ", "\u{0}",
    ].map { Array($0.utf8) }
    let good = Array(
      #"{"a": "x {{host}} \u00e9\"{{summary}}", "b\n": ["{{alerts}}", "{{json value}}", -1.5e3, {}, null]}"#.utf8)
    let odd = hostileTexts.map { notification([transition(host: $0, summary: $0)]) }
    var accepted = 0
    for seed in UInt64(0)..<4_000 {
      var random = SeededRandom(seed: seed)
      let template = text(random.broken(good, with: pieces))
      guard let compiled = try? BodyTemplate(template) else { continue }
      accepted += 1
      let body = compiled.body(for: random.pick(odd))
      var reader = Reader(body)
      let isWhole = reader.skip() && reader.next() == .end
      let isText = body.withUnsafeBytes { Text.isUTF8($0) }
      #expect(isWhole && isText, "seed \(seed): \(template)\n\(text(body))")
    }
    #expect(accepted > 200)
  }

  @Test("the documentation has every placeholder")
  func documented() throws {
    let page = try String(contentsOfFile: "\(packageRoot)/docs/forwarding.md", encoding: .utf8)
    for name in Placeholder.names.map(\.name) + ["labels.NAME", "group.NAME", "alerts", "json NAME"] {
      #expect(page.contains("`{{\(name)}}`"), "\(name)")
    }
    let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("| `{{json NAME}}`") })
    for value in WholeValue.allCases where value != .alerts { #expect(line.contains("`\(value.rawValue)`")) }
  }

  @Test(
    "whatever the template and the values are, the JSON reads back as the template's with the values in their places")
  func property() throws {
    for seed in UInt64(0)..<3000 {
      var trial = Trial(random: SeededRandom(seed: seed))
      let template = trial.value(depth: 0)
      let told = trial.told
      let compiled = try BodyTemplate(trial.json(template))
      let body = compiled.body(for: told)
      let read = try JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed)
      #expect(Trial.equals(template, read, told), "seed \(seed): \(trial.json(template))\n\(text(body))")
    }
  }
}

/// One random template and the values for it, and what must come of it, computed in another way.
private struct Trial {
  indirect enum Value {
    case text([Piece])
    case whole(WholeValue)
    case number(Int)
    case list([Value])
    case object([(String, Value)])
  }
  enum Piece {
    case literal(String)
    case placeholder(String)
  }

  var random: SeededRandom
  private(set) var told = notification([])
  private var hasAlerts = false

  init(random: SeededRandom) {
    self.random = random
    told = notification(
      [
        transition(
          rule: oddText(), host: oddText(), value: 1.5, summary: oddText(),
          labels: [("a", oddText()), ("b\"", oddText())])
      ],
      receiver: oddText(), group: [("host", oddText())])
  }

  mutating func oddText() -> String {
    let pieces = hostileTexts + ["plain", "{{", "}}", "\"", "\\", "\\u", "{", "}"]
    return (0..<random.below(3)).map { _ in random.pick(pieces) }.joined()
  }

  mutating func value(depth: Int) -> Value {
    switch random.below(depth > 3 ? 4 : 7) {
    case 0: return .number(random.below(1000))
    case 1:
      let whole = random.pick(WholeValue.allCases)
      if whole == .alerts, hasAlerts { return .number(1) }
      if whole == .alerts { hasAlerts = true }
      return .whole(whole)
    case 2, 3: return .text(pieces())
    case 4: return .list((0..<random.below(4)).map { _ in value(depth: depth + 1) })
    default: return .object((0..<random.below(4)).map { ("k\($0)\"\\é", value(depth: depth + 1)) })
    }
  }

  private mutating func pieces() -> [Piece] {
    (0..<random.below(5)).map { _ in
      random.once(in: 2)
        ? .placeholder(
          random.pick(["rule", " host ", "summary", "labels.a", "labels.b\"", "receiver", "group.host", "count"]))
        : .literal(random.pick(["x", "\"", "\\", "é😀", "}", "{ { ", "\n\u{0}", "</script>", "%s"]))
    }
  }

  /// The template's text. A brace isn't put beside another one.
  func json(_ value: Value) -> String {
    switch value {
    case .number(let number): return "\(number)"
    case .whole(.alerts): return "\"{{alerts}}\""
    case .whole(let whole): return "\"{{json \(whole.rawValue)}}\""
    case .list(let values): return "[ " + values.map(json).joined(separator: " ,") + "]"
    case .object(let members):
      return "{" + members.map { "\(quoted($0.0)):\t\(json($0.1))" }.joined(separator: ",\n") + "}"
    case .text(let pieces):
      let inner = pieces.map { piece in
        switch piece {
        case .literal(let text): String(quoted(text).dropFirst().dropLast())
        case .placeholder(let name): "{{" + String(quoted(name).dropFirst().dropLast()) + "}}"
        }
      }
      return "\"" + inner.joined() + "\""
    }
  }

  private func quoted(_ text: String) -> String {
    let data = (try? JSONSerialization.data(withJSONObject: text, options: .fragmentsAllowed)) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  static func equals(_ value: Value, _ read: Any, _ told: Receivers.Notification) -> Bool {
    let alert = told.transitions[0].transition
    switch value {
    case .number(let number): return read as? Int == number
    case .list(let values):
      guard let read = read as? [Any], read.count == values.count else { return false }
      return zip(values, read).allSatisfy { equals($0, $1, told) }
    case .object(let members):
      guard let read = read as? [String: Any], read.count == members.count else { return false }
      return members.allSatisfy { name, value in read[name].map { equals(value, $0, told) } ?? false }
    case .text(let pieces):
      let expected = pieces.map { piece in
        switch piece {
        case .literal(let text): text
        case .placeholder("rule"): alert.rule
        case .placeholder(" host "): alert.subject
        case .placeholder("summary"): alert.summary ?? ""
        case .placeholder("labels.a"): alert.labels[0].value
        case .placeholder("labels.b\""): alert.labels[1].value
        case .placeholder("receiver"): told.receiver
        case .placeholder("group.host"): told.group?[0].value ?? "?"
        case .placeholder: "1"
        }
      }
      return Array((read as? String ?? "?").unicodeScalars) == Array(expected.joined().unicodeScalars)
    case .whole(let whole):
      switch whole {
      case .alerts: return (read as? [[String: Any]])?.first?["id"] as? String == alert.id
      case .labels: return (read as? [String: String])?["a"] == alert.labels[0].value
      case .group: return (read as? [String: String])?["host"] == told.group?[0].value
      case .value: return read as? Double == 1.5
      case .threshold: return read as? Double == 90
      case .count, .firing: return read as? Int == 1
      case .resolved: return read as? Int == 0
      }
    }
  }
}
