import Glibc
import Records
import Streams

/// What streams cost in memory: the reader alone, and the meter behind it, for what `make bench-streams` asks of records.
///
/// `BenchEngine streams [KIND] [HOSTS [SECONDS [ROUNDS]]]`: the records of a fleet are those of a stream with one
/// partition.
struct StreamBench: ~Copyable {
  /// What is asked of the records.
  enum Kind: String, CaseIterable {
    /// A count and a measure of fields.
    case json
    /// A count by a regular expression.
    case expression
    /// All kinds of questions at once, and a division.
    case all
  }

  private var fleet: Fleet
  private var reader: StreamReader
  private var meter: StreamMeter
  private var facts: RecordFacts
  private var offset: Int64 = 0

  init(_ kind: Kind, hosts: Int) throws {
    fleet = Fleet(hosts: hosts, seed: 42)
    var definition = StreamDefinition(name: "fleet", topics: [.name("status")])
    if kind != .expression {
      definition.counts.append(.init(name: "busy", field: "cpu_usage", condition: .above(90)))
      definition.measures = [.init(field: "memory_usage", statistics: [.avg, .max])]
    }
    if kind != .json {
      definition.counts.append(
        .init(name: "some", field: "host", condition: .matches("(?i)host-0+7|error|exception")))
    }
    if kind == .all {
      definition.time = "timestamp"
      definition.division = .field("status")
      definition.distincts = [.init(name: "hosts", field: "host", over: .seconds(30))]
    }
    reader = try StreamReader(definition)
    facts = RecordFacts(for: definition)
    meter = StreamMeter(
      definition,
      StreamState(
        definition: StreamState.hash(of: definition), told: fleet.now,
        lanes: [.init(partition: StreamPartition("status", 0), position: 0)]))
  }

  /// CPU seconds a record, for the reader alone and with the meter, over so many seconds of the fleet.
  mutating func round(seconds: Int) -> (reader: Double, both: Double) {
    var spent = (reader: 0.0, both: 0.0)
    for second in 0..<seconds {
      fleet.advance()
      // Whoever comes second finds the records in the cache.
      if second % 2 == 0 { spent.reader += read(meters: false) }
      spent.both += read(meters: true)
      if second % 2 == 1 { spent.reader += read(meters: false) }
      _ = meter.tell(clock: fleet.now)
    }
    let records = Double(seconds * fleet.records.count)
    return (spent.reader / records, spent.both / records)
  }

  private mutating func read(meters: Bool) -> Double {
    let now = fleet.now
    let start = Bench.cpuSeconds()
    fleet.bytes.withUnsafeBytes { bytes in
      for record in fleet.records {
        let key = UnsafeRawBufferPointer(rebasing: bytes[record.start..<record.value])
        let value = UnsafeRawBufferPointer(rebasing: bytes[record.value..<record.end])
        reader.read(key: key, value: value, into: &facts)
        guard meters else { continue }
        meter.receive(
          lane: 0, offset: offset, kafkaTime: now, notLaterThan: now, bytes: key.count + value.count, facts: facts)
        offset += 1
      }
    }
    return Bench.cpuSeconds() - start
  }
}

extension BenchEngine {
  static func streams(_ arguments: [String]) throws {
    let numbers = arguments.compactMap { Int($0) }
    let hosts = max(1, numbers.first ?? 10_000)
    let rounds = max(1, numbers.dropFirst(2).first ?? 9)
    let kinds = arguments.compactMap { StreamBench.Kind(rawValue: $0) }
    for kind in kinds.isEmpty ? StreamBench.Kind.allCases : kinds {
      var bench = try StreamBench(kind, hosts: hosts)
      var reader = Figures("\(kind): reader")
      var both = Figures("\(kind): reader + meter")
      for _ in 0..<rounds {
        let round = bench.round(seconds: numbers.dropFirst().first ?? 20)
        reader.add(round.reader)
        both.add(round.both)
      }
      reader.show()
      both.show()
    }
  }
}
