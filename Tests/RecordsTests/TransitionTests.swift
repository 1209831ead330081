import JSON
import Platform
import Testing

@testable import Records

@Suite("Transition")
struct TransitionTests {
  private let example = Transition(
    timestamp: WallTime(milliseconds: 1_795_176_003_500), status: .firing, severity: .critical, rule: "cpu-high",
    subject: "web-1", metric: "cpu_usage", value: 97.1, threshold: 90,
    since: WallTime(milliseconds: 1_795_176_000_000), previous: .inactive,
    summary: "CPU of web-1 at 97.1% (limit 90)", labels: [Transition.Label(name: "team", value: "infra")],
    source: SourcePosition(topic: "status_topic", partition: 3, offset: 18231))

  private func text(_ transition: Transition) -> String {
    var writer = Writer()
    transition.encode(into: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func decode(_ text: String) -> Transition? {
    Transition.decode(Array(text.utf8))
  }

  @Test("has the bytes of version 1")
  func encoded() {
    #expect(
      text(example)
        == #"{"id":"\#(example.id)","timestamp":"2026-11-20T12:00:03.500Z","status":"firing","severity":"critical","#
        + #""rule":"cpu-high","host":"web-1","metric":"cpu_usage","value":97.1,"threshold":90.0,"#
        + #""since":"2026-11-20T12:00:00.000Z","previous":"inactive","summary":"CPU of web-1 at 97.1% (limit 90)","#
        + #""labels":{"team":"infra"},"source":{"topic":"status_topic","partition":3,"offset":18231}}"#)
    #expect(example.key == "cpu-high/web-1")
  }

  @Test("cutting summary and labels out of its bytes gives the transition without them")
  func bare() {
    var writer = Writer()
    let words = example.encode(into: &writer)
    let cut = writer.bytes[..<words.lowerBound] + Transition.bareLabels + writer.bytes[words.upperBound...]
    var bare = example
    (bare.summary, bare.labels) = (nil, [])
    #expect(String(decoding: cut, as: UTF8.self) == text(bare))
    #expect(bare.id == example.id)
  }

  @Test("reads back as written, with all fields and with few")
  func roundTrip() {
    #expect(decode(text(example)) == example)
    var other = example
    other.status = .resolved
    other.severity = .warning
    other.previous = .firing
    other.reason = .noData
    other.repeat = 3
    other.summary = nil
    other.labels = []
    other.subject = "d\u{e9}j\u{e0} \"vu\"\\ \u{1F600}"
    other.value = -0.1
    other.threshold = 1e300
    other.since = WallTime(milliseconds: -1)
    #expect(decode(text(other)) == other)
    for reason in [Transition.Reason.noData, .ruleRemoved, .ruleChanged, .forgotten] {
      other.reason = reason
      #expect(decode(text(other)) == other)
    }
  }

  @Test("may have unknown, repeated and escaped fields in any order; the last one of a name counts")
  func tolerant() {
    let more = text(example).dropFirst().dropLast()
    #expect(decode("{\"new\":{\"status\":[1]},\(more)}") == example)
    #expect(decode("{\"value\":1,\"labels\":{\"a\":\"b\"},\"source\":7,\(more)}") == example)
    #expect(decode("{\(more),\"v\\u0061lue\":5}")?.value == 5)
    #expect(decode("{\(more),\"value\":{\"value\":5}}") == nil)
    #expect(decode("{\(more),\"labels\":[]}")?.labels == [])
    #expect(decode("{\(more),\"source\":[[]]}") == nil)
  }

  @Test(
    "what isn't a transition decodes to nil",
    arguments: [
      "", "null", "[]", "{}", "{\"status\":\"firing\"}", "{\"cpu_usage\":80.0}", "{", "{\"status\":", "\u{0}",
    ])
  func none(_ text: String) {
    #expect(decode(text) == nil)
  }

  @Test("without any one required field it isn't a transition, and decoding doesn't trap")
  func cut() {
    let whole = Array(text(example).utf8)
    for count in 0..<whole.count {
      #expect(Transition.decode(Array(whole[..<count])) == nil)
    }
    for name in [
      "timestamp", "status", "severity", "rule", "host", "metric", "value", "threshold", "since", "previous",
    ] {
      #expect(decode(text(example).replacing("\"\(name)\":", with: "\"x\(name)\":")) == nil, "\(name)")
    }
  }

  @Test("the id is the same in every version of statusd")
  func ids() {
    #expect(example.id == "f8fec92f7821162b")
    var resolved = example
    resolved.status = .resolved
    resolved.reason = .ruleRemoved
    #expect(resolved.id == "6980f925efa7a7a1")
  }

  @Test("the id depends on rule, subject, status, severity, reason, event time and source, and on nothing else")
  func idParts() {
    var seen: Set<String> = [example.id]
    func differs(_ change: (inout Transition) -> Void) -> Bool {
      var other = example
      change(&other)
      return seen.insert(other.id).inserted
    }
    #expect(differs { $0.rule = "cpu-highw" })
    #expect(
      differs {
        $0.rule = "cpu-hig"
        $0.subject = "hweb-1"
      })
    #expect(differs { $0.subject = "web-2" })
    #expect(differs { $0.status = .resolved })
    #expect(differs { $0.severity = .warning })
    #expect(differs { $0.reason = .noData })
    #expect(differs { $0.timestamp.milliseconds += 1 })
    #expect(differs { $0.source.topic = "status" })
    #expect(differs { $0.source.partition = 4 })
    #expect(differs { $0.source.offset = 18232 })
    #expect(!differs { $0.value = 1 })
    #expect(!differs { $0.summary = nil })
    #expect(!differs { $0.repeat = 1 })
    #expect(!differs { $0.labels = [] })
    #expect(!differs { $0.since.milliseconds = 0 })
  }

  @Test("the hash is SipHash-2-4 as its authors published it")
  func sipHash() {
    // Key 00 01 … 0f over the bytes 00 01 … of growing length (Aumasson and Bernstein, appendix A, and vectors.h).
    let published: [Int: UInt64] = [
      0: 0x726f_db47_dd0e_0e31, 1: 0x74f8_39c5_93dc_67fd, 8: 0x93f5_f579_9a93_2462, 15: 0xa129_ca61_49be_45e5,
    ]
    for (length, expected) in published {
      var identity = Identity(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
      for byte in 0..<length { identity.append(UInt8(byte)) }
      #expect(identity.finish() == expected, "\(length) bytes")
    }
  }
}
