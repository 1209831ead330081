import Foundation
import JSON
import Streams
import TestRandom
import Testing

/// Compares the reader with Foundation's, on random records. A failure names its seed.
@Suite("Comparison with Foundation")
struct OracleTests {
  private static let names = ["a", "b", "host", "é", "", "a_long_name_of_a_field", "ab"]

  private static var definition: StreamDefinition {
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    definition.counts = names.flatMap { name -> [StreamDefinition.Count] in
      [
        .init(name: "\(name)1", field: name, condition: .equals("error")),
        .init(name: "\(name)2", field: name, condition: .contains("é\n")),
        .init(name: "\(name)3", field: name, condition: .matches("[\"\\\\x]é?")),
        .init(name: "\(name)4", field: name, condition: .above(3.5)),
        .init(name: "\(name)5", field: name, condition: .below(3.5)),
      ]
    }
    definition.measures = names.map { .init(field: $0, statistics: [.avg]) }
    definition.distincts = names.map { .init(name: $0, field: $0, over: .seconds(60)) }
    definition.division = .field("host")
    return definition
  }

  /// What a field with this value, and this text of it, makes of the facts. Foundation doesn't round numbers correctly;
  /// Swift does.
  private static func add(_ value: Any?, written: String, to facts: inout ReadFacts) {
    let string = value as? String
    let isNumber = written.first.map { "-0123456789".contains($0) } == true
    let number = isNumber ? Double(written) : nil
    let text = string ?? (isNumber || written == "true" || written == "false" ? written : nil)
    facts.matches += [
      text == "error", string.map { ($0 as NSString).range(of: "é\n", options: .literal).length > 0 } == true,
      string.map { $0.unicodeScalars.contains { "\"\\x".unicodeScalars.contains($0) } } == true,
      number.map { $0 > 3.5 } == true, number.map { $0 < 3.5 } == true,
    ]
    facts.numbers.append(number)
    facts.texts.append(text.map(cut))
  }

  private static func cut(_ text: String) -> String {
    var scalars = text.unicodeScalars
    while String(scalars).utf8.count > StreamReader.longestText { scalars.removeLast() }
    return String(scalars)
  }

  @Test("the facts are those that Foundation's objects have", arguments: 0..<8 as Range<UInt64>)
  func facts(_ seed: UInt64) throws {
    var records = RandomRecord(random: SeededRandom(seed: seed))
    var reader = try StreamReader(OracleTests.definition)
    var compared = 0
    for round in 0..<600 {
      let fields = (0..<records.random.below(9)).map { _ in
        (name: records.random.pick(OracleTests.names), value: OracleTests.value(&records))
      }
      let last = Dictionary(fields.map { ($0.name, $0.value) }) { _, last in last }
      // Foundation gets each name once, without escapes; it refuses unpaired surrogates anywhere, and large numbers.
      let plain = "{" + last.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
      guard let object = try? JSONSerialization.jsonObject(with: Data(plain.utf8)) as? [String: Any] else { continue }
      var expected = ReadFacts()
      for name in OracleTests.names { OracleTests.add(object[name], written: last[name] ?? "", to: &expected) }
      expected.division = expected.texts[2]
      let written = fields.map { "\(OracleTests.key($0.name, &records.random)) :\n\($0.value)" }
      let text = "{" + written.joined(separator: " , ") + "}"
      let found = ReadFacts(&reader, Array(text.utf8))
      if found != expected {
        Issue.record("seed \(seed), round \(round): \(text)\n\(found)\n\(expected)")
        return
      }
      compared += 1
    }
    #expect(compared > 300)
  }

  /// A key, here and there with its first letter escaped.
  private static func key(_ name: String, _ random: inout SeededRandom) -> String {
    guard random.once(in: 3), let first = name.utf16.first else { return "\"\(name)\"" }
    let digits = String(first, radix: 16)
    return "\"\\u" + String(repeating: "0", count: 4 - digits.count) + digits + name.dropFirst() + "\""
  }

  private static func value(_ records: inout RandomRecord) -> String {
    switch records.random.below(8) {
    case 0: return records.random.pick(["true", "false", "null", "[]", "{}", "3.5", "3.50000001", "-0"])
    case 1: return records.object(depth: 2).replacing("\u{feff}", with: "")
    case 2, 3: return records.number()
    default:
      let parts = [
        "error", "x", "é", "\\n", "\\u00e9", "\\\"", "\\\\", "\\ud83d\\ude00", "😀", "\\u0000", "\\/", "aaaaaaaa", "日本",
        "abcdefg", "\\u0065rror", "\u{301}",
      ]
      let count = records.random.pick([0, 1, 1, 2, 3, 5, 9, 60])
      return "\"" + (0..<count).map { _ in records.random.pick(parts) }.joined() + "\""
    }
  }

  @Test("the same texts are objects", arguments: 100..<104 as Range<UInt64>)
  func grammar(_ seed: UInt64) throws {
    var records = RandomRecord(random: SeededRandom(seed: seed))
    var reader = try StreamReader(StreamDefinition(name: "s", topics: [.name("t")]))
    var good = 0
    for round in 0..<2_000 {
      let bytes = records.broken(Array(records.object().utf8))
      let ours = !ReadFacts(&reader, bytes).isInvalid
      #expect(ours == isObject(bytes), "seed \(seed), round \(round)")
      if ours { good += 1 }
      // Foundation decodes every string, refuses numbers outside a double's range, and accepts a comma before a closing
      // bracket (JSONSerialization of Swift 6.3).
      let text = String(validating: bytes, as: UTF8.self)
      guard let text, !text.contains(/[dD][89a-fA-F]|[eE]|[0-9]{17}|,\s*[}\]]/), !text.hasPrefix("\u{feff}") else {
        continue
      }
      let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes))) is [String: Any]
      #expect(ours == theirs, "seed \(seed), round \(round): \(text)")
    }
    #expect((200..<1_900).contains(good))
  }

  private func isObject(_ bytes: [UInt8]) -> Bool {
    var reader = Reader(bytes)
    guard reader.next() == .beginObject, reader.leave() else { return false }
    return reader.next() == .end
  }

  @Test("ten thousand broken records crash no reader")
  func broken() throws {
    var records = RandomRecord(random: SeededRandom(seed: 300))
    var definition = OracleTests.definition
    definition.time = "timestamp"
    var reader = try StreamReader(definition)
    var good = 0
    for _ in 0..<100 {
      let whole = Array(records.object().utf8)
      for _ in 0..<100 where !ReadFacts(&reader, records.broken(whole), key: records.broken(whole)).isInvalid {
        good += 1
      }
    }
    #expect((100..<9_900).contains(good))
  }
}
