import Streams
import TestRandom
import Testing

/// A reader follows the layout that the record before had. A failure names its seed.
@Suite("Layouts of records")
struct LayoutTests {
  private static let names = ["a", "b", "host", "é", "", "took_ms", String(repeating: "n", count: 62)]

  private static var definition: StreamDefinition {
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    // All are asked for as numbers, the last four as texts, too.
    definition.measures = names.map { .init(field: $0, statistics: [.avg]) }
    definition.counts = names.map { .init(name: "\($0)1", field: $0, condition: .above(3.5)) }
    for name in names.suffix(4) {
      definition.counts.append(.init(name: "\(name)2", field: name, condition: .contains("x")))
      definition.counts.append(.init(name: "\(name)3", field: name, condition: .equals("1")))
      definition.distincts.append(.init(name: name, field: name, over: .seconds(60)))
    }
    definition.time = "host"
    return definition
  }

  @Test("a record says the same after any other records as to a new reader", arguments: 0..<8 as Range<UInt64>)
  func history(_ seed: UInt64) throws {
    var records = RandomRecord(random: SeededRandom(seed: seed))
    var reader = try StreamReader(LayoutTests.definition)
    var layouts = (0..<4).map { _ in LayoutTests.layout(&records.random) }
    var valid = 0
    for round in 0..<1_000 {
      if records.random.once(in: 20) { layouts[records.random.below(4)] = LayoutTests.layout(&records.random) }
      let layout = layouts[records.random.once(in: 3) ? records.random.below(4) : 0]
      var text = "{"
      for (index, separator) in layout.enumerated() {
        text += (index == 0 ? "" : ",") + separator + LayoutTests.value(&records)
      }
      var bytes = Array((text + "}").utf8)
      if records.random.once(in: 3) { bytes = records.broken(bytes) }
      let found = ReadFacts(&reader, bytes)
      var fresh = try StreamReader(LayoutTests.definition)
      let expected = ReadFacts(&fresh, bytes)
      if found != expected {
        Issue.record("seed \(seed), round \(round): \(String(decoding: bytes, as: UTF8.self))\n\(found)\n\(expected)")
        return
      }
      if !found.isInvalid { valid += 1 }
    }
    #expect((300..<950).contains(valid))
  }

  @Test("a thousand keys, which are more than a reader remembers, are read over and over")
  func manyKeys() throws {
    var reader = try StreamReader(LayoutTests.definition)
    for round in 0..<5 {
      let others = (0..<1_000).map { #""k\#($0 + round)":"\#($0)","# }.joined()
      let found = ReadFacts(&reader, Array(#"{\#(others)"took_ms":\#(round)}"#.utf8))
      #expect(found.numbers[5] == Double(round))
      #expect(found.texts[2] == "\(round)")
    }
  }

  /// The keys of a record's fields, as written, with what is around them.
  private static func layout(_ random: inout SeededRandom) -> [String] {
    (0..<random.below(9)).map { _ in
      let blanks = random.pick(["", "", "", " ", "\n  ", String(repeating: " ", count: 40)])
      let key = random.pick(names + ["other", "c", "\\u0061", "ho\\u0073t"])
      return "\(blanks)\"\(key)\":" + random.pick(["", "", " "])
    }
  }

  private static func value(_ records: inout RandomRecord) -> String {
    switch records.random.below(9) {
    case 0: return records.random.pick(["true", "false", "null", "[]", "{}", "[1,{\"a\":2}]"])
    case 1: return records.number()
    case 2: return records.object(depth: 3).replacing("\u{feff}", with: "")
    case 3...5: return "\(records.random.below(2_000))" + records.random.pick(["", ".5", ".25"])
    default:
      let parts = ["x", "error", "é", "\\n", "\\u00e9", "\\\"", "\u{7f}", "1", "2026-11-20T12:00:01Z", "a longer text"]
      let count = records.random.pick([0, 1, 1, 1, 2, 5, 40])
      return "\"" + (0..<count).map { _ in records.random.pick(parts) }.joined() + "\""
    }
  }
}
