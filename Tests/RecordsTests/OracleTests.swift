import Foundation
import JSON
import Records
import TestRandom
import TestSupport
import Testing

/// Compares the fast reader with slow ones, on random records. A failure names its seed.
@Suite("Comparison with slow readers")
struct OracleTests {
  private let plan = FieldPlan(
    fields: ["cpu_usage", "memory_usage", "x"], strings: ["role", "host", "boot_id", "timestamp"])

  @Test("the reader finds what the plain one finds, after any learnt layout", arguments: 0..<8 as Range<UInt64>)
  func records(_ seed: UInt64) {
    var records = RandomRecord(random: SeededRandom(seed: seed))
    var reader = RecordReader(plan: plan, maxFuture: 60_000)
    for round in 0..<1500 {
      var bytes = Array(records.object().utf8)
      if records.random.once(in: 2) { bytes = records.broken(bytes) }
      let key = records.random.pick([nil, [], Array("db-1".utf8), [0xFF], Array("a\u{85}".utf8)] as [[UInt8]?])
      let time: Int64 = records.random.pick([ReadRecord.noon, ReadRecord.noon + 5000, -1])
      let found = ReadRecord(&reader, bytes, key, kafkaTime: time, clock: time, slots: plan.names.count)
      let expected = ReferenceReader.read(bytes, key, kafkaTime: time, plan: plan)
      if found != expected {
        Issue.record("seed \(seed), round \(round): \(String(decoding: bytes, as: UTF8.self))\n\(found)\n\(expected)")
        return
      }
    }
  }

  @Test(
    "the reader accepts the same texts as JSON as a full decoder", arguments: 100..<104 as Range<UInt64>)
  func grammar(_ seed: UInt64) {
    var records = RandomRecord(random: SeededRandom(seed: seed))
    for round in 0..<2000 {
      let bytes = records.broken(Array(records.object().utf8))
      let ours = isJSON(bytes)
      #expect(ours == (ReferenceReader.parse(bytes) != nil), "seed \(seed), round \(round)")
      #expect(ours == tokensAreJSON(bytes), "seed \(seed), round \(round)")
      // Foundation decodes every string, refuses numbers outside a double's range, and accepts a comma before a closing
      // bracket (JSONSerialization of Swift 6.3).
      let text = String(validating: bytes, as: UTF8.self)
      guard let text, !text.contains(/[dD][89a-fA-F]|[eE]|[0-9]{17}|,\s*[}\]]/), !text.hasPrefix("\u{feff}") else {
        continue
      }
      let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
      #expect(ours == theirs, "seed \(seed), round \(round): \(text)")
    }
  }

  @Test("every number is the same double as from strtod", arguments: 200..<204 as Range<UInt64>)
  func numbers(_ seed: UInt64) {
    var records = RandomRecord(random: SeededRandom(seed: seed))
    for round in 0..<5000 {
      let text = records.number()
      let number = withPlace(text) { Number.double($0) }
      #expect(number.bitPattern == Double(text)?.bitPattern, "seed \(seed), round \(round): \(text)")
      let end = withPlace(text) { place in Scan.number(place).map { $0 - place } }
      #expect(end == text.utf8.count, "seed \(seed), round \(round): \(text)")
    }
  }

  /// `make fuzz` tries a million.
  @Test("ten thousand broken records crash no reader")
  func broken() {
    var records = RandomRecord(random: SeededRandom(seed: 300))
    var reader = RecordReader(plan: plan, maxFuture: 60_000)
    var good = 0
    for _ in 0..<100 {
      let whole = Array(records.object().utf8)
      for _ in 0..<100 {
        let outcome = withBytes(records.broken(whole)) {
          reader.read(value: $0, key: nil, kafkaTime: ReadRecord.noon, clock: ReadRecord.noon)
        }
        if outcome == .record { good += 1 }
      }
    }
    #expect((100..<9_900).contains(good))
  }

  @Test("a record truncated anywhere is bad, and nothing after its end is read")
  func cut() {
    let whole = Array(
      #"{"timestamp":"2026-11-20T12:00:00.000Z","host":"w\u00e9b","cpu_usage":1.5e1,"x":[{"a":null}]}"#.utf8)
    #expect(ReadRecord.read(bytes: whole, plan: plan).outcome == .record)
    for count in 1..<whole.count {
      #expect(ReadRecord.read(bytes: Array(whole[..<count]), plan: plan).outcome == .bad(.notJSON), "\(count) bytes")
    }
  }

  private func isJSON(_ bytes: [UInt8]) -> Bool {
    let text = Padded(bytes)
    var nesting = Nesting()
    let start = Scan.blanks(Scan.byteOrderMark(text.start))
    guard let end = Scan.value(start, &nesting) else { return false }
    return Scan.blanks(end) == text.start + text.count
  }

  private func tokensAreJSON(_ bytes: [UInt8]) -> Bool {
    var reader = Reader(bytes)
    while true {
      switch reader.next() {
      case .end: return true
      case .invalid: return false
      default: break
      }
    }
  }
}
