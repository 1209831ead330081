import Platform
import Streams
import Testing

/// Trouble that others have: neither "quiet" nor "flood" is said of a stream whose records go on coming.
@Suite("A stream's meter in others' trouble")
struct StreamMeterTroubleTests {
  private let stream = StreamDefinition(name: "s", topics: [.name("t")])

  /// The rates of `seconds` seconds, 20 records each, that were there when a meter began; times by the brokers' clock are
  /// `wrong` seconds less than Kafka's.
  private func backlog(of seconds: Int, wrong: Double, every: Int = 1) -> [Double?] {
    var bench = MeterCase(stream)
    let now = Double(seconds) + 0.3
    let count = seconds * 20
    bench.meter.ends(lane: 0, at: Int64(count), clock: MeterCase.time(now))
    for number in 0..<count {
      bench.record(at: Double(number) / 20 + (number % every == 0 ? wrong : 0), now: now)
    }
    return bench.tell(at: now).map { $0["rate"] }
  }

  @Test(
    "records whose clocks are an hour off, and that came while no meter ran, are told evenly over that time",
    arguments: [-3600.0, 3600])
  func wrongBacklog(wrong: Double) {
    for seconds in [3, 10, 100] {
      let rates = backlog(of: seconds, wrong: wrong)
      #expect(rates.count == seconds)
      #expect(rates.allSatisfy { $0.map { abs($0 - 20) <= 3 } ?? false }, "\(rates)")
    }
  }

  @Test("such records are told evenly, too, if a successor reads others again for distinct values before them")
  func wrongBacklogBehindDistincts() {
    var definition = stream
    definition.distincts = [.init(name: "hosts", field: "host", over: .seconds(30))]
    var bench = MeterCase(definition)
    for number in 0..<800 { bench.record(at: Double(number) / 20 + 3600, now: Double(number) / 20, text: "a") }
    _ = bench.tell(at: 40.3)
    bench.restart()
    bench.meter.ends(lane: 0, at: 1200, clock: MeterCase.time(60.3))
    while bench.offsets[0] < 1200 { bench.record(at: 4000, now: 60.3, text: "a") }
    let readings = bench.tell(at: 60.3)
    let rates = readings.map { $0["rate"] ?? 0 }
    #expect(rates.count == 20)
    #expect(rates.allSatisfy { abs($0 - 20) <= 3 }, "\(rates)")
    #expect(readings.allSatisfy { $0["hosts"] == 1 })
  }

  @Test(
    "beside records with right clocks they are told where they stand among these",
    arguments: [-3600.0, 3600], [2, 3, 7])
  func mixedBacklog(wrong: Double, every: Int) {
    let rates = backlog(of: 20, wrong: wrong, every: every)
    #expect(rates.count == 20)
    #expect(rates.allSatisfy { $0.map { abs($0 - 20) <= 1 } ?? false }, "\(rates)")
  }

  @Test("a meter that is killed amid such a backlog, and one that isn't, tell each record once")
  func wrongBacklogInParts() {
    var bench = MeterCase(stream)
    var readings: [StreamReading] = []
    var appended = 0
    for round in 1...10 {
      let now = Double(round) * 10 + 0.3
      appended = round * 200
      bench.meter.ends(lane: 0, at: Int64(appended), clock: MeterCase.time(now))
      // Only a half of what is there is read before it is killed.
      while bench.offsets[0] < Int64(appended) - 100 { bench.record(at: 4000, now: now) }
      readings += bench.meter.tell(clock: MeterCase.time(now))
      bench.restart()
    }
    bench.meter.ends(lane: 0, at: Int64(appended), clock: MeterCase.time(101))
    while bench.offsets[0] < Int64(appended) { bench.record(at: 4000, now: 101) }
    readings += bench.tell(at: 102.3)
    #expect(readings.reduce(0) { $0 + ($1["records"] ?? 0) } == Double(appended))
    // The last two have the end of the log.
    let rates = readings.dropLast(2).map { $0["rate"] ?? 0 }
    #expect(rates.allSatisfy { $0 >= 10 && $0 <= 45 }, "\(rates)")
  }

  @Test("while a meter runs, records whose clocks are an hour off enter the rate of the interval in which they come")
  func wrongLive() {
    var bench = MeterCase(stream, partitions: 2)
    var rates: [Double?] = []
    for second in 0..<30 {
      for number in 0..<10 {
        let now = Double(second) + Double(number) / 10
        bench.record(0, at: now + 3600, now: now)
        bench.record(1, at: now - 3600, now: now)
      }
      rates += bench.tell(at: Double(second) + 1.3).map { $0["rate"] }
    }
    #expect(rates == Array(repeating: 20, count: 30))
  }

  @Test("a partition a million records behind the others: each interval has the records of all, whatever is read first")
  func millionBehind() {
    var bench = MeterCase(stream, partitions: 2)
    let now = 250.3
    let counts: [Int64] = [1_000_000, 2500]
    for lane in 0..<2 { bench.meter.ends(lane: lane, at: counts[lane], clock: MeterCase.time(now)) }
    var readings: [StreamReading] = []
    while bench.offsets != counts {
      // The short one is always ahead, until it must wait.
      while bench.offsets[1] < counts[1], !bench.meter.mustWait(lane: 1) {
        bench.record(1, at: Double(bench.offsets[1]) / 10, now: now)
      }
      for _ in 0..<10_000 where bench.offsets[0] < counts[0] && !bench.meter.mustWait(lane: 0) {
        bench.record(0, at: Double(bench.offsets[0]) / 4000, now: now)
      }
      readings += bench.meter.tell(clock: MeterCase.time(now))
    }
    readings += bench.tell(at: now)
    #expect(readings.map { $0["rate"] } == Array(repeating: 4010, count: 250))
    #expect(readings.allSatisfy { $0["late_records"] == 0 })
  }

  @Test("a Kafka time at the ends of the range ends nothing, also if the record is read again for distinct values")
  func absurdTimes() {
    var definition = stream
    definition.distincts = [.init(name: "hosts", field: "host", over: .seconds(3))]
    var meter = StreamMeter(
      definition,
      StreamState(
        definition: StreamState.hash(of: definition), told: MeterCase.time(0),
        lanes: [.init(partition: StreamPartition("t", 0), position: 0)]))
    var facts = RecordFacts(for: definition)
    func read(_ time: Int64, own: Int64, at offset: Int64) {
      facts.time = own
      meter.receive(
        lane: 0, offset: offset, kafkaTime: time, notLaterThan: MeterCase.time(1), bytes: 10, facts: facts)
    }
    let times: [(Int64, Int64)] = [(.max, -1), (.max, 1), (.max, 1), (.min, 1), (MeterCase.time(1), MeterCase.time(0))]
    for (offset, (time, own)) in times.enumerated() { read(time, own: own, at: Int64(offset)) }
    read(.max, own: 0, at: .max)
    meter.ends(lane: 0, at: 5, clock: MeterCase.time(2.3))
    #expect(meter.tell(clock: MeterCase.time(2.3)).map { $0["records"] } == [4, 1])
    meter = StreamMeter(definition, meter.state)
    for (offset, (time, own)) in times.enumerated() { read(time, own: own, at: Int64(offset)) }
    meter.ends(lane: 0, at: 5, clock: MeterCase.time(3.3))
    #expect(meter.tell(clock: MeterCase.time(3.3)).map { $0["records"] } == [0])
  }
}
