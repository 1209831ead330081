import Platform
import Streams
import Testing

@Suite("Distinct values, case by case")
struct DistinctCaseTests {
  private func stream(over seconds: Int64 = 3, _ change: (inout StreamDefinition) -> Void = { _ in })
    -> StreamDefinition
  {
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    definition.distincts = [.init(name: "hosts", field: "host", over: .seconds(seconds))]
    change(&definition)
    return definition
  }

  @Test("distinct values are those of the last while, also for a meter that goes on")
  func distinct() {
    var bench = MeterCase(stream())
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
    var bench = MeterCase(stream())
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
    var bench = MeterCase(
      stream(over: 2) { $0.division = .key })
    bench.record(at: 0.1, value: "web", text: "a")
    bench.record(at: 1.1, value: "web", text: "b")
    bench.record(at: 1.2, value: "db", text: "a")
    #expect(bench.tell(at: 2.3).filter { $0.end.milliseconds == MeterCase.time(2) }.map { $0["hosts"] } == [2, 1, 2])
    bench.record(at: 2.5, text: "c")
    #expect(bench.tell(at: 3.3).map { $0["hosts"] } == [3, 1, 1])
    #expect(bench.tell(at: 5.3).map { $0["hosts"] } == [1, 0, 0, 0, 0, 0])
  }

  @Test("distinct values beyond the ten thousandth are counted as refused")
  func manyTexts() {
    var bench = MeterCase(stream())
    for number in 0..<10_003 { bench.record(at: 2.5, text: "h\(number)") }
    let reading = bench.tell(at: 3.3).last
    #expect(reading?["hosts"] == 10_000)
    #expect(reading?["distinct_refused"] == 3)
  }

  @Test("records that came while their partition couldn't be read are late, but whose they were is known")
  func lateHosts() {
    var bench = MeterCase(stream(), partitions: 2)
    for second in 0..<3 { for lane in 0..<2 { bench.record(lane, at: Double(second) + 0.1, text: "h\(lane)") } }
    #expect(bench.tell(at: 3.3).last?["hosts"] == 2)
    bench.meter.isMissing(StreamPartition("t", 1))
    for second in 3..<8 { bench.record(0, at: Double(second) + 0.1, text: "h0") }
    #expect(bench.tell(at: 8.3, besides: [1]).map { $0["hosts"] } == [nil, nil, nil, nil, nil])
    // The host of partition 1 went on until second 6, and partition 1 is back.
    bench.meter.ends(lane: 1, at: 7, clock: MeterCase.time(8.4))
    for second in 3..<7 { bench.record(1, at: Double(second) + 0.1, now: 8.4, text: "h1") }
    bench.record(0, at: 8.5, text: "h0")
    let back = bench.tell(at: 11.3)
    #expect(back.map { $0["late_records"] } == [4, 0, 0])
    #expect(back.map { $0["hosts"] } == [2, 1, 1])
  }

  @Test("times at the ends of what a number can hold are no harm")
  func extremes() {
    var bench = MeterCase(
      stream(over: 2) {
        $0.time = "at"
        $0.greatestAge = .seconds(30)
      })
    for time in [Int64.max, Int64.min, 0, MeterCase.time(0.1)] {
      bench.record(kafkaTime: time, ownTime: WallTime.earliest.milliseconds)
      bench.record(kafkaTime: time, ownTime: WallTime.latest.milliseconds)
    }
    #expect(bench.tell(at: 3.3).first?["records"] == 8)
    bench.restart()
    bench.record(kafkaTime: .max, ownTime: 0)
    bench.record(kafkaTime: .min, ownTime: 0)
    bench.meter.isMissing(StreamPartition("t", 0))
    bench.meter.ends(lane: 0, at: 20, clock: MeterCase.time(4))
    for _ in 0..<18 { bench.record(kafkaTime: .max, ownTime: 0) }
    #expect(bench.tell(at: 6.3).count == 3)
  }
}
