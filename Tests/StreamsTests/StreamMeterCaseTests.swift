import Platform
import Records
import Streams
import Testing

/// A meter in the hands of a test. Times are seconds after the beginning.
private struct Case {
  var meter: StreamMeter
  private var offsets: [Int64]
  private let definition: StreamDefinition

  init(_ definition: StreamDefinition, partitions: Int = 1) {
    self.definition = definition
    offsets = Array(repeating: 0, count: partitions)
    meter = StreamMeter(
      definition,
      StreamState(
        definition: StreamState.hash(of: definition), told: Case.time(0),
        lanes: (0..<partitions).map { .init(partition: StreamPartition("t", Int32($0)), position: 0) }))
  }

  static func time(_ seconds: Double) -> Int64 { 1_000_000_000 + Int64(seconds * 1000) }

  /// A record of partition `lane` with this Kafka time, read at `now`.
  mutating func record(_ lane: Int = 0, at time: Double, now: Double? = nil, value: String? = nil, text: String? = nil)
  {
    var facts = RecordFacts(for: definition)
    let (value, text) = (Array((value ?? "").utf8), Array((text ?? "").utf8))
    value.withUnsafeBytes { value in
      text.withUnsafeBytes { text in
        if !value.isEmpty { facts.division = value }
        if !text.isEmpty { facts.texts[0] = text }
        meter.receive(
          lane: lane, offset: offsets[lane], kafkaTime: Case.time(time), notLaterThan: Case.time(now ?? time),
          bytes: 10,
          facts: facts)
      }
    }
    offsets[lane] += 1
  }

  /// A record of partition 0 with these times, milliseconds, and the text `a`.
  mutating func record(kafkaTime: Int64, ownTime: Int64) {
    var facts = RecordFacts(for: definition)
    facts.time = ownTime
    [UInt8(ascii: "a")].withUnsafeBytes { text in
      facts.texts[0] = text
      meter.receive(
        lane: 0, offset: offsets[0], kafkaTime: kafkaTime, notLaterThan: Case.time(0.5), bytes: 10, facts: facts)
    }
    offsets[0] += 1
  }

  /// The clock is at `seconds`: all ends are asked for and reached, what is over is told.
  mutating func tell(at seconds: Double, besides missing: Set<Int> = []) -> [StreamReading] {
    for lane in offsets.indices where !missing.contains(lane) {
      meter.ends(lane: lane, at: offsets[lane], clock: Case.time(seconds))
    }
    return meter.tell(clock: Case.time(seconds))
  }

  /// Another meter goes on with the state; records are read again from where it says.
  mutating func restart() {
    meter = StreamMeter(definition, meter.state)
    for place in meter.positions { offsets[Int(place.partition.number)] = place.offset }
  }
}

@Suite("A stream's meter, case by case")
struct StreamMeterCaseTests {
  private func stream(_ change: (inout StreamDefinition) -> Void = { _ in }) -> StreamDefinition {
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    change(&definition)
    return definition
  }

  @Test("a Kafka time an hour ahead or behind says nothing: such records count when they come")
  func wrongClocks() {
    var bench = Case(stream())
    bench.record(at: 0.1)
    bench.record(at: 3600.2, now: 0.2)
    bench.record(at: -3600, now: 0.3)
    #expect(bench.tell(at: 1.3).map { $0["records"] } == [3])
    bench.record(at: 3601.4, now: 1.4)
    bench.record(at: 1.5)
    #expect(bench.tell(at: 2.3).map { $0["records"] } == [2])
  }

  @Test("an interval is told a quarter of a second after its end, not before")
  func grace() {
    var bench = Case(stream())
    bench.record(at: 0.5)
    #expect(bench.tell(at: 1.2).isEmpty)
    #expect(bench.tell(at: 1.25).count == 1)
  }

  @Test("a partition that can't be read is missing; when it is back, its records are late and enter no rate")
  func missing() {
    var bench = Case(stream(), partitions: 2)
    bench.record(0, at: 0.5)
    #expect(bench.tell(at: 1.3, besides: [1]).isEmpty)
    bench.meter.isMissing(StreamPartition("t", 1))
    let alone = bench.tell(at: 1.4, besides: [1])
    #expect(alone.map { $0["records"] } == [1])
    #expect(alone.map { $0["partitions_missing"] } == [1])
    #expect(alone[0]["rate"] == nil)
    // It is back, and its two records of the first second are read in the second one.
    bench.meter.ends(lane: 1, at: 2, clock: Case.time(1.5))
    bench.record(1, at: 0.6)
    bench.record(1, at: 0.7)
    bench.record(1, at: 1.8)
    let late = bench.tell(at: 2.3)
    #expect(late.map { $0["records"] } == [3])
    #expect(late.map { $0["late_records"] } == [2])
    #expect(late.map { $0["rate"] } == [1])
  }

  @Test("a stream without a record so far has no rate; afterwards a quiet interval has 0, and says for how long")
  func silence() {
    var bench = Case(stream())
    #expect(bench.tell(at: 1.3).map { $0["rate"] } == [nil])
    bench.record(at: 1.5)
    _ = bench.tell(at: 2.3)
    let quiet = bench.tell(at: 4.3)
    #expect(quiet.map { $0["rate"] } == [0, 0])
    #expect(quiet.map { $0["silence_seconds"] } == [1.5, 2.5])
  }

  @Test("each value has its reading, zeros too, until it was absent for an hour")
  func values() {
    var bench = Case(stream { $0.division = .key })
    bench.record(at: 0.5, value: "a/b")
    #expect(bench.tell(at: 1.3).map(\.subject) == ["s", "s/a%2Fb"])
    bench.restart()
    #expect(bench.tell(at: 2.3).map { $0["records"] } == [0, 0])
    #expect(bench.tell(at: 3600.3).filter { $0.kind == "value" }.count == 3598)
    #expect(bench.tell(at: 3602.3).filter { $0.kind == "value" }.isEmpty)
  }

  @Test("values beyond the thousandth are counted as refused, and in the total")
  func manyValues() {
    var bench = Case(stream { $0.division = .key })
    for number in 0..<1005 { bench.record(at: 0.5, value: "v\(number)") }
    let readings = bench.tell(at: 1.3)
    #expect(readings.count == 1 + StreamMeter.greatestValues)
    #expect(readings[0]["values_refused"] == 5)
    #expect(readings[0]["records"] == 1005)
  }

  private var hosts: StreamDefinition {
    stream { $0.distincts = [.init(name: "hosts", field: "host", over: .seconds(3))] }
  }

  @Test("distinct values are those of the last while, also for a meter that goes on")
  func distinct() {
    var bench = Case(hosts)
    bench.record(at: 0.1, text: "a")
    bench.record(at: 1.1, text: "b")
    #expect(bench.tell(at: 2.3).map { $0["hosts"] } == [nil, nil])
    #expect(bench.tell(at: 3.3).map { $0["hosts"] } == [2])
    // The records are there again for the next one, which doesn't count them.
    bench.restart()
    bench.record(at: 0.1, text: "a")
    bench.record(at: 1.1, text: "b")
    bench.record(at: 3.1, text: "c")
    let after = bench.tell(at: 7.3)
    #expect(after.map { $0["records"] } == [1, 0, 0, 0])
    #expect(after.map { $0["hosts"] } == [2, 1, 1, 0])
  }

  @Test("distinct values are left out until their whole time was watched")
  func beginning() {
    var bench = Case(hosts)
    for second in 0..<5 { bench.record(at: Double(second) + 0.1, text: "a") }
    #expect(bench.tell(at: 5.3).map { $0["hosts"] } == [nil, nil, 1, 1, 1])
    // Retention takes a record.
    bench.meter.lose(lane: 0, upTo: 6)
    bench.record(at: 5.5, text: "a")
    for second in 5..<10 { bench.record(at: Double(second) + 0.6, text: "a") }
    #expect(bench.tell(at: 10.3).map { $0["hosts"] } == [nil, nil, nil, 1, 1])
  }

  @Test("a value of by has distinct values of its own")
  func distinctOfValues() {
    var bench = Case(
      stream {
        $0.division = .key
        $0.distincts = [.init(name: "hosts", field: "host", over: .seconds(2))]
      })
    bench.record(at: 0.1, value: "web", text: "a")
    bench.record(at: 1.1, value: "web", text: "b")
    bench.record(at: 1.2, value: "db", text: "a")
    #expect(bench.tell(at: 2.3).filter { $0.end.milliseconds == Case.time(2) }.map { $0["hosts"] } == [2, 1, 2])
    bench.record(at: 2.5, text: "c")
    #expect(bench.tell(at: 3.3).map { $0["hosts"] } == [3, 1, 1])
    #expect(bench.tell(at: 5.3).map { $0["hosts"] } == [1, 0, 0, 0, 0, 0])
  }

  @Test("distinct values beyond the ten thousandth are counted as refused")
  func manyTexts() {
    var bench = Case(hosts)
    for number in 0..<10_003 { bench.record(at: 2.5, text: "h\(number)") }
    let reading = bench.tell(at: 3.3).last
    #expect(reading?["hosts"] == 10_000)
    #expect(reading?["distinct_refused"] == 3)
  }

  @Test("records that came while their partition couldn't be read are late, but whose they were is known")
  func lateHosts() {
    var bench = Case(hosts, partitions: 2)
    for second in 0..<3 { for lane in 0..<2 { bench.record(lane, at: Double(second) + 0.1, text: "h\(lane)") } }
    #expect(bench.tell(at: 3.3).last?["hosts"] == 2)
    bench.meter.isMissing(StreamPartition("t", 1))
    for second in 3..<8 { bench.record(0, at: Double(second) + 0.1, text: "h0") }
    #expect(bench.tell(at: 8.3, besides: [1]).map { $0["hosts"] } == [nil, nil, nil, nil, nil])
    // The host of partition 1 went on until second 6, and partition 1 is back.
    bench.meter.ends(lane: 1, at: 7, clock: Case.time(8.4))
    for second in 3..<7 { bench.record(1, at: Double(second) + 0.1, now: 8.4, text: "h1") }
    bench.record(0, at: 8.5, text: "h0")
    let back = bench.tell(at: 11.3)
    #expect(back.map { $0["late_records"] } == [4, 0, 0])
    #expect(back.map { $0["hosts"] } == [2, 1, 1])
  }

  @Test("times at the ends of what a number can hold are no harm")
  func extremes() {
    var bench = Case(
      stream {
        $0.time = "at"
        $0.greatestAge = .seconds(30)
        $0.distincts = [.init(name: "hosts", field: "host", over: .seconds(2))]
      })
    for time in [Int64.max, Int64.min, 0, Case.time(0.1)] {
      bench.record(kafkaTime: time, ownTime: WallTime.earliest.milliseconds)
      bench.record(kafkaTime: time, ownTime: WallTime.latest.milliseconds)
    }
    #expect(bench.tell(at: 3.3).first?["records"] == 8)
    bench.restart()
    bench.record(kafkaTime: .max, ownTime: 0)
    bench.record(kafkaTime: .min, ownTime: 0)
    bench.meter.isMissing(StreamPartition("t", 0))
    bench.meter.ends(lane: 0, at: 20, clock: Case.time(4))
    for _ in 0..<18 { bench.record(kafkaTime: .max, ownTime: 0) }
    #expect(bench.tell(at: 6.3).count == 3)
  }

  @Test("a partition far ahead of the others waits, and goes on once it is half as far ahead")
  func waits() {
    var bench = Case(stream(), partitions: 2)
    bench.record(0, at: 121.5, now: 500)
    #expect(bench.meter.mustWait(lane: 0))
    #expect(bench.meter.waiting == 1)
    for second in 0..<61 { bench.record(1, at: Double(second) + 0.5, now: 500) }
    _ = bench.meter.tell(clock: Case.time(500))
    #expect(bench.meter.mustWait(lane: 0))
    for second in 61..<64 { bench.record(1, at: Double(second) + 0.5, now: 500) }
    _ = bench.meter.tell(clock: Case.time(500))
    #expect(!bench.meter.mustWait(lane: 0))
  }

  @Test("what retention took is lost, once")
  func lost() {
    var bench = Case(stream())
    bench.record(at: 0.5)
    #expect(bench.meter.lose(lane: 0, upTo: 8) == 7)
    #expect(bench.meter.lose(lane: 0, upTo: 8) == 0)
    bench.meter.ends(lane: 0, at: 8, clock: Case.time(1.3))
    let told = bench.meter.tell(clock: Case.time(1.3))
    #expect(told.map { $0["lost"] } == [7])
    #expect(bench.meter.state.lanes.map(\.position) == [8])
  }

  @Test("a state is read as it was written, and a damaged one is refused")
  func state() throws {
    var bench = Case(stream { $0.division = .key }, partitions: 3)
    bench.record(0, at: 0.5, value: "a")
    bench.record(2, at: 0.6, value: "b")
    _ = bench.tell(at: 1.3)
    bench.meter.isMissing(StreamPartition("t", 1))
    let state = bench.meter.state
    var writer = BinaryWriter()
    let key: [UInt8] = [1, 2, 3]
    key.withUnsafeBytes { state.write(to: &writer, key: $0) }
    func read(_ bytes: [UInt8]) throws(ChangelogProblem) -> StreamState {
      let result = key.withUnsafeBytes { key in
        bytes.withUnsafeBytes { bytes in
          Result { () throws(ChangelogProblem) in try StreamState(bytes, key: key) }
        }
      }
      return try result.get()
    }
    #expect(try read(writer.bytes) == state)
    for place in writer.bytes.indices {
      var damaged = writer.bytes
      damaged[place] ^= 0x40
      #expect(throws: ChangelogProblem.self) { try read(damaged) }
    }
    for length in 0..<writer.bytes.count {
      #expect(throws: ChangelogProblem.self) { try read(Array(writer.bytes[..<length])) }
    }
  }
}
