import Records
import Testing

@testable import Rules

@Suite("The engine's room")
struct EngineRoomTests {
  @Test("many subjects, even with long names, stay separate and are found again")
  func manySubjects() {
    let story = Story(cpuHigh(hold: .seconds(1)))
    let hosts = (0..<3000).map { "host-\($0)" + String(repeating: "x", count: $0 % 60) }
    for second in 0...1 { for host in hosts { story.at(Double(second), 95, host: host) } }
    #expect(story.transitions.map(\.subject) == hosts)
    #expect(story.engine.counters.subjects == 3000)
    #expect(story.reload(cpuHigh(name: "other")).count == 3000)
    story.reload(cpuHigh(hold: .seconds(1)))
    for host in hosts { story.forget(host) }
    #expect(story.engine.counters.subjects == 0)
  }

  @Test("the reader's subject hash is the hash of the key at every length")
  func hashes() {
    var reader = RecordReader(plan: FieldPlan(fields: []), maxFuture: 60_000)
    let value = Array("{}".utf8)
    for length in 1...100 {
      let key = Array(repeating: UInt8(ascii: "a"), count: length - 1) + [UInt8(ascii: "b")]
      key.withUnsafeBytes { key in
        _ = value.withUnsafeBytes { reader.read(value: $0, key: key, kafkaTime: 0, clock: 0) }
        #expect(reader.subjectHash == RecordReader.hash(of: key))
      }
    }
  }

  @Test("announcing a record has no effect on its evaluation")
  func expected() {
    let story = Story(cpuHigh(hold: .seconds(1)))
    for second in 0...1 {
      for host in ["web-1", "db-1", ""] {
        host.utf8.withContiguousStorageIfAvailable {
          story.engine.unretained.expect(key: UnsafeRawBufferPointer($0))
        }
      }
      story.at(Double(second), 95)
    }
    #expect(story.transitions.count == 1)
    #expect(story.engine.counters.subjects == 1)
  }

  @Test("happenings that nobody takes are counted and dropped above a bound")
  func boundedHappenings() {
    let story = Story(cpuHigh())
    for number in 0..<100 {
      let host = "web-\(number)"
      story.at(1000, 10, host: host)
      for second in 0..<3 { story.at(Double(second), 10, host: host) }
    }
    #expect(story.engine.takeHappenings().count == 64)
    #expect(story.engine.counters.happeningsDropped == 36)
  }

  @Test("more boots than the engine remembers do no harm")
  func manyBoots() {
    let story = Story(cpuHigh(hold: .seconds(1)))
    for boot in 1...50 { story.at(Double(boot), 10) { ($0.boot, $0.sequence, $0.ownTime) = (UInt64(boot), 0, false) } }
    #expect(story.engine.counters.repeated == 0)
    story.at(51, 10) { ($0.boot, $0.sequence, $0.ownTime) = (45, 0, false) }
    #expect(story.engine.counters.repeated == 1)
  }

  @Test("the engine evaluates a real reader's records")
  func realReader() {
    let rules = RuleSet([cpuHigh()])
    var reader = RecordReader(plan: rules.plan, maxFuture: 60_000)
    let engine = Engine(rules: rules, topic: "status_topic", partition: 3)
    var transitions: [Transition] = []
    let key = Array("web-1".utf8)
    for (offset, value) in ["50", "95", "\"96\"", "10"].enumerated() {
      let bytes = Array("{\"cpu_usage\":\(value)}".utf8)
      let time = 1_795_176_000_000 + Int64(offset) * 1000
      let outcome = bytes.withUnsafeBytes { bytes in
        key.withUnsafeBytes { reader.read(value: bytes, key: $0, kafkaTime: time, clock: time) }
      }
      #expect(outcome == .record)
      engine.apply(reader, offset: Int64(offset), into: &transitions)
    }
    #expect(transitions.map(\.status) == [.firing, .resolved])
    let outcome = key.withUnsafeBytes { reader.read(value: nil, key: $0, kafkaTime: 0, clock: 0) }
    #expect(outcome == .tombstone)
    engine.forget(reader, offset: 0, into: &transitions)
    #expect(engine.counters.subjects == 0)
  }
}
