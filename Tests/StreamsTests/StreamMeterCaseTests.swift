import Platform
import Records
import Streams
import Testing

@Suite("A stream's meter, case by case")
struct StreamMeterCaseTests {
  private func stream(_ change: (inout StreamDefinition) -> Void = { _ in }) -> StreamDefinition {
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    change(&definition)
    return definition
  }

  @Test("a Kafka time an hour ahead or behind says nothing: such records count when they come")
  func wrongClocks() {
    var bench = MeterCase(stream())
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
    var bench = MeterCase(stream())
    bench.record(at: 0.5)
    #expect(bench.tell(at: 1.2).isEmpty)
    #expect(bench.tell(at: 1.25).count == 1)
  }

  @Test("a partition that can't be read is missing; when it is back, its records are late and enter no rate")
  func missing() {
    var bench = MeterCase(stream(), partitions: 2)
    bench.record(0, at: 0.5)
    #expect(bench.tell(at: 1.3, besides: [1]).isEmpty)
    bench.meter.isMissing(StreamPartition("t", 1))
    let alone = bench.tell(at: 1.4, besides: [1])
    #expect(alone.map { $0["records"] } == [1])
    #expect(alone.map { $0["partitions_missing"] } == [1])
    #expect(alone[0]["rate"] == nil)
    // It is back, and its two records of the first second are read in the second one.
    bench.meter.ends(lane: 1, at: 2, clock: MeterCase.time(1.5))
    bench.record(1, at: 0.6)
    bench.record(1, at: 0.7)
    bench.record(1, at: 1.8)
    let late = bench.tell(at: 2.3)
    #expect(late.map { $0["records"] } == [3])
    #expect(late.map { $0["late_records"] } == [2])
    #expect(late.map { $0["rate"] } == [1])
  }

  @Test("while a partition that is back is read, intervals go on without it: their records are late, too")
  func slowlyBack() {
    var bench = MeterCase(stream(), partitions: 2)
    bench.record(0, at: 0.5)
    bench.meter.isMissing(StreamPartition("t", 1))
    _ = bench.tell(at: 1.3, besides: [1])
    bench.meter.ends(lane: 1, at: 1, clock: MeterCase.time(1.5))
    bench.record(0, at: 1.6)
    #expect(bench.tell(at: 2.3, besides: [1]).map { $0["partitions_missing"] } == [1])
    // One record came before that end was asked for, one behind it in the second that is told.
    bench.record(1, at: 0.6, now: 2.35)
    #expect(bench.meter.isMissing(lane: 1))
    bench.record(1, at: 1.8, now: 2.35)
    bench.meter.ends(lane: 1, at: 2, clock: MeterCase.time(2.4))
    #expect(!bench.meter.isPassedOver(lane: 1))
    bench.record(1, at: 2.5)
    let back = bench.tell(at: 3.3)
    #expect(back.map { $0["late_records"] } == [2])
    #expect(back.map { $0["rate"] } == [1])
    #expect(back.map { $0["partitions_missing"] } == [0])
  }

  @Test("a stream without a record so far has no rate; afterwards a quiet interval has 0, and says for how long")
  func silence() {
    var bench = MeterCase(stream())
    #expect(bench.tell(at: 1.3).map { $0["rate"] } == [nil])
    bench.record(at: 1.5)
    _ = bench.tell(at: 2.3)
    let quiet = bench.tell(at: 4.3)
    #expect(quiet.map { $0["rate"] } == [0, 0])
    #expect(quiet.map { $0["silence_seconds"] } == [1.5, 2.5])
  }

  @Test("each value has its reading, zeros too, until it was absent for an hour")
  func values() {
    var bench = MeterCase(stream { $0.division = .key })
    bench.record(at: 0.5, value: "a/b")
    #expect(bench.tell(at: 1.3).map(\.subject) == ["s", "s/a%2Fb"])
    bench.restart()
    #expect(bench.tell(at: 2.3).map { $0["records"] } == [0, 0])
    #expect(bench.tell(at: 3600.3).filter { $0.kind == "value" }.count == 3598)
    #expect(bench.tell(at: 3602.3).filter { $0.kind == "value" }.isEmpty)
  }

  @Test("values beyond the thousandth are counted as refused, and in the total")
  func manyValues() {
    var bench = MeterCase(stream { $0.division = .key })
    for number in 0..<1005 { bench.record(at: 0.5, value: "v\(number)") }
    let readings = bench.tell(at: 1.3)
    #expect(readings.count == 1 + StreamMeter.greatestValues)
    #expect(readings[0]["values_refused"] == 5)
    #expect(readings[0]["records"] == 1005)
  }

  @Test("a partition far ahead of the others waits, and goes on once it is half as far ahead")
  func waits() {
    var bench = MeterCase(stream(), partitions: 2)
    bench.record(0, at: 121.5, now: 500)
    #expect(bench.meter.mustWait(lane: 0))
    #expect(bench.meter.waiting == 1)
    for second in 0..<61 { bench.record(1, at: Double(second) + 0.5, now: 500) }
    _ = bench.meter.tell(clock: MeterCase.time(500))
    #expect(bench.meter.mustWait(lane: 0))
    for second in 61..<64 { bench.record(1, at: Double(second) + 0.5, now: 500) }
    _ = bench.meter.tell(clock: MeterCase.time(500))
    #expect(!bench.meter.mustWait(lane: 0))
  }

  @Test("what retention took is lost, once")
  func lost() {
    var bench = MeterCase(stream())
    bench.record(at: 0.5)
    #expect(bench.meter.lose(lane: 0, upTo: 8) == 7)
    #expect(bench.meter.lose(lane: 0, upTo: 8) == 0)
    bench.meter.ends(lane: 0, at: 8, clock: MeterCase.time(1.3))
    let told = bench.meter.tell(clock: MeterCase.time(1.3))
    #expect(told.map { $0["lost"] } == [7])
    #expect(bench.meter.state.lanes.map(\.position) == [8])
  }

  @Test("a state of version 1 doesn't say from when on distinct values are known: from now on")
  func firstVersion() throws {
    var writer = BinaryWriter()
    writer.byte(1)
    writer.fixed(UInt64(5))
    writer.fixed(UInt64(6))
    writer.signed(MeterCase.time(9))
    writer.optional(MeterCase.time(8)) { $0.signed($1) }
    writer.count(0)
    writer.count(0)
    let key: [UInt8] = [1]
    key.withUnsafeBytes { writer.seal(for: $0) }
    let state = try key.withUnsafeBytes { key in try writer.bytes.withUnsafeBytes { try StreamState($0, key: key) } }
    #expect(state == StreamState(definition: 5, topics: 6, told: MeterCase.time(9), lastRecord: MeterCase.time(8)))
    #expect(state.wholeFrom == MeterCase.time(9))
  }

  @Test("a state is read as it was written, and a damaged one is refused")
  func state() throws {
    var bench = MeterCase(stream { $0.division = .key }, partitions: 3)
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
    // One that names a partition twice would count it twice.
    var twice = state
    twice.lanes.append(twice.lanes[0])
    var other = BinaryWriter()
    key.withUnsafeBytes { twice.write(to: &other, key: $0) }
    #expect(throws: ChangelogProblem.self) { try read(other.bytes) }
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
