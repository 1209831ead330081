import Glibc
import Records
import Rules

/// Records per CPU second of one core: the decoder alone, and the decoder with ten rules behind it.
///
/// `BenchEngine [HOSTS [SECONDS [ROUNDS]]]`: each round is so many seconds of a fleet's life. The records of a second
/// are written just before they are read, as a consumer's are. `BenchEngine state`: see `StateBench`;
/// `BenchEngine streams`: see `StreamBench`.
@main
struct BenchEngine {
  static func main() throws {
    let words = Array(CommandLine.arguments.dropFirst())
    if words.first == "streams" { return try streams(Array(words.dropFirst())) }
    let arguments = words.compactMap { Int($0) }
    if words.first == "state" { return state(arguments) }
    let hosts = arguments.first ?? 10_000
    let seconds = arguments.dropFirst().first ?? 20
    let rounds = arguments.dropFirst(2).first ?? 9
    var bench = Bench(hosts: hosts)
    var decoder = Figures("decoder")
    var both = Figures("decoder + engine")
    for _ in 0..<max(1, rounds) {
      let round = bench.round(seconds: seconds)
      decoder.add(round.decoder)
      both.add(round.both)
    }
    print("records of \(bench.recordSize) bytes, \(hosts) hosts, 10 rules, one core, \(rounds) rounds")
    decoder.show()
    both.show()
    print("engine, by difference: \(both.nanoseconds - decoder.nanoseconds) ns a record")
    print("\(bench.transitions.count) transitions, \(bench.engine.counters.records) records applied")
  }
}

extension BenchEngine {
  private static func state(_ arguments: [Int]) {
    let hosts = max(1, arguments.first ?? 10_000)
    for isWindowed in [false, true] {
      var bench = StateBench(hosts: hosts, samples: arguments.dropFirst().first ?? 330, isWindowed: isWindowed)
      bench.run()
    }
  }
}

/// What is measured, with the engine's state kept from round to round.
struct Bench {
  private var fleet: Fleet
  private let rules = RuleSet(benchmarkRules())
  let engine: Engine
  private(set) var transitions: [Transition] = []
  private var offset: Int64 = 0

  init(hosts: Int) {
    fleet = Fleet(hosts: hosts, seed: 42)
    engine = Engine(rules: rules, topic: "status_topic", partition: 0)
    // The first second makes the hosts known.
    _ = round(seconds: 1)
  }

  /// Bytes of a record, on average.
  var recordSize: Int { fleet.records.reduce(0) { $0 + $1.end - $1.value } / max(1, fleet.records.count) }

  /// CPU seconds a record, for the decoder alone and with the engine, over so many seconds of the fleet.
  mutating func round(seconds: Int) -> (decoder: Double, both: Double) {
    var decoder = 0.0
    var both = 0.0
    for second in 0..<seconds {
      fleet.advance()
      // Whoever comes second finds the records in the cache.
      if second % 2 == 0 { decoder += decode() }
      both += evaluate()
      if second % 2 == 1 { decoder += decode() }
    }
    let records = Double(seconds * fleet.records.count)
    return (decoder / records, both / records)
  }

  private func decode() -> Double {
    var reader = RecordReader(plan: rules.plan, maxFuture: 60_000)
    var sum: UInt64 = 0
    let now = fleet.now
    let start = Bench.cpuSeconds()
    fleet.bytes.withUnsafeBytes { bytes in
      for record in fleet.records {
        let key = UnsafeRawBufferPointer(rebasing: bytes[record.start..<record.value])
        let value = UnsafeRawBufferPointer(rebasing: bytes[record.value..<record.end])
        if reader.read(value: value, key: key, kafkaTime: now, clock: now) == .record { sum &+= reader.subjectHash }
      }
    }
    // The sum is used, so that the reading can't be left out.
    return sum == 0 ? 0 : Bench.cpuSeconds() - start
  }

  private mutating func evaluate() -> Double {
    var reader = RecordReader(plan: rules.plan, maxFuture: 60_000)
    var made: [Transition] = []
    let now = fleet.now
    let start = Bench.cpuSeconds()
    fleet.bytes.withUnsafeBytes { bytes in
      let records = fleet.records
      for (index, record) in records.enumerated() {
        if index + 4 < records.count {
          engine.unretained.expect(
            key: UnsafeRawBufferPointer(rebasing: bytes[records[index + 4].start..<records[index + 4].value]))
        }
        let key = UnsafeRawBufferPointer(rebasing: bytes[record.start..<record.value])
        let value = UnsafeRawBufferPointer(rebasing: bytes[record.value..<record.end])
        if reader.read(value: value, key: key, kafkaTime: now, clock: now) == .record {
          engine.apply(reader, offset: offset + Int64(index), into: &made)
        }
      }
    }
    let seconds = Bench.cpuSeconds() - start
    offset += Int64(fleet.records.count)
    transitions += made
    return seconds
  }

  static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// Several rounds of one measurement.
struct Figures {
  private let name: String
  private var seconds: [Double] = []

  init(_ name: String) { self.name = name }

  mutating func add(_ value: Double) { seconds.append(value) }

  /// The median.
  var nanoseconds: Int { Int((seconds.sorted()[seconds.count / 2] * 1e9).rounded()) }

  /// One line: records per CPU second.
  func show() {
    let rates = seconds.map { Int((1 / $0 / 1000).rounded()) }.sorted()
    let median = rates[rates.count / 2]
    print(
      "\(name): min \(rates[0]), median \(median), max \(rates[rates.count - 1]) thousand records a CPU second; "
        + "\(nanoseconds) ns a record")
  }
}
