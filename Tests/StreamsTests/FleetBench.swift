import Platform
import Records
import Streams
import TestRandom
import Testing

/// The status records of a fleet as brokers have them, and a meter that reads them, is killed, and is followed by another
/// one. Times are milliseconds after the beginning; brokers stamp records when they come.
final class FleetBench {
  struct Host {
    var name: String
    var role: String
    /// The time between two samples.
    var interval: Int64
    /// How long a sample takes to a broker at the most.
    var jitter: Int
    /// When its next sample comes to a broker; nil while it is away.
    var next: Int64?
    /// When that sample is taken.
    var due: Int64
    /// The ends of the intervals in which brokers got a fresh sample, in order.
    var seen: [Int64] = []
  }

  struct Record {
    var time: Int64
    var host: Int
    /// When the sample was taken.
    var own: Int64
  }

  static let start: Int64 = 1_795_176_000_000
  static let over: Int64 = 30_000

  var random: SeededRandom
  var hosts: [Host]
  var logs: [[Record]]
  var now: Int64 = 0
  /// How old each sample is at least, when it comes: while brokers were away, it waited.
  var spooled: Int64 = 0
  var unreadable: Set<Int> = []
  private(set) var definition: StreamDefinition
  private var meter: StreamMeter
  private var committed: StreamState
  private var reader: StreamReader
  private var facts: RecordFacts
  /// What was told and committed.
  private(set) var readings: [StreamReading] = []

  /// `count` hosts of each role, with a sample each `interval` on average.
  init(_ roles: [(role: String, count: Int, interval: Int64)], partitions: Int, seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    hosts = []
    for (role, count, interval) in roles {
      for number in 1...count {
        let first = Int64(random.below(Int(interval)))
        hosts.append(
          Host(name: "\(role)-\(number)", role: role, interval: interval, jitter: 400, next: first, due: first))
      }
    }
    logs = Array(repeating: [], count: partitions)
    definition = Self.definition
    reader = try StreamReader(definition)
    facts = RecordFacts(for: definition)
    committed = StreamState(
      definition: StreamState.hash(of: definition), told: Self.start,
      lanes: (0..<partitions).map { .init(partition: StreamPartition("status", Int32($0)), position: 0) })
    meter = StreamMeter(definition, committed)
  }

  static var definition: StreamDefinition {
    var definition = StreamDefinition(name: "fleet", topics: [.name("status")])
    definition.time = "timestamp"
    definition.greatestAge = StreamDefinition.Bounds.statusAge
    definition.division = .field("role")
    definition.measures = [.init(field: "cpu_usage", statistics: [.avg])]
    definition.distincts = [.init(name: "hosts", field: "host", over: .milliseconds(over))]
    return definition
  }

  /// All samples up to `time` come to their brokers; the clock is there then.
  func produce(until time: Int64) {
    var came: [Record] = []
    for index in hosts.indices {
      while let next = hosts[index].next, next < time {
        came.append(Record(time: next, host: index, own: hosts[index].due - spooled))
        hosts[index].due += hosts[index].interval
        hosts[index].next = max(next, hosts[index].due + Int64(random.below(hosts[index].jitter)))
      }
    }
    came.sort { $0.time < $1.time }
    for record in came {
      logs[record.host % logs.count].append(record)
      let end = (record.time / 1000 + 1) * 1000
      if record.time - record.own <= 30_000, hosts[record.host].seen.last != end { hosts[record.host].seen.append(end) }
    }
    now = time
  }

  /// A host is gone from now on, or back.
  func set(_ host: Int, isThere: Bool) {
    if !isThere {
      hosts[host].next = nil
    } else if hosts[host].next == nil {
      (hosts[host].next, hosts[host].due) = (now, now)
    }
  }

  /// Reads up to `count` records of a partition.
  func read(_ partition: Int, _ count: Int = .max) {
    guard !unreadable.contains(partition),
      let lane = meter.lane(of: StreamPartition("status", Int32(partition))), !meter.mustWait(lane: lane)
    else { return }
    var offset = Int(meter.positions[lane].offset)
    let end = count < logs[partition].count - offset ? offset + count : logs[partition].count
    while offset < end {
      let record = logs[partition][offset]
      let host = hosts[record.host]
      let text =
        #"{"timestamp":\#(Self.start + record.own),"host":"\#(host.name)","role":"\#(host.role)","cpu_usage":50}"#
      Array(text.utf8).withUnsafeBytes { reader.read(key: nil, value: $0, into: &facts) }
      meter.receive(
        lane: lane, offset: Int64(offset), kafkaTime: Self.start + record.time, notLaterThan: Self.start + now,
        bytes: text.utf8.count, facts: facts)
      offset += 1
    }
  }

  /// The meter asks for ends, tells and commits what can be told. A partition that can't be read is passed over.
  func tick() {
    for lane in meter.lanes(behind: Self.start + now - StreamMeter.grace) {
      let partition = meter.positions[lane].partition
      if unreadable.contains(Int(partition.number)) {
        meter.isMissing(partition)
      } else {
        meter.ends(lane: lane, at: Int64(logs[Int(partition.number)].count), clock: Self.start + now)
      }
    }
    let told = meter.tell(clock: Self.start + now)
    if told.isEmpty { return }
    readings += told
    committed = meter.state
  }

  /// The meter is killed, and another one goes on with its state, as it is stored; with another definition if
  /// there is one.
  func handOver(to other: StreamDefinition? = nil) throws {
    var writer = BinaryWriter()
    let key: [UInt8] = [7]
    key.withUnsafeBytes { committed.write(to: &writer, key: $0) }
    let state = key.withUnsafeBytes { key in
      writer.bytes.withUnsafeBytes { value in
        Result { () throws(ChangelogProblem) in try StreamState(value, key: key) }
      }
    }
    if let other {
      definition = other
      reader = try StreamReader(other)
      facts = RecordFacts(for: other)
    }
    meter = StreamMeter(definition, try state.get())
  }

  /// Each partition is read to its end, and everything that is over is told.
  func catchUp() {
    for _ in 0..<2 {
      for partition in logs.indices { read(partition) }
      tick()
    }
  }

  /// How many hosts brokers had samples of in the 30 s before `end`, of a role or of all.
  func expected(_ role: String?, at end: Int64) -> Int {
    hosts.count { host in
      guard role == nil || role == host.role, let last = host.seen.last(where: { $0 <= end }) else { return false }
      return last > end - Self.over
    }
  }

  /// The readings of a role, or of the whole fleet, with their times.
  func readings(of role: String?) -> [(end: Int64, reading: StreamReading)] {
    let subject = role.map { "fleet/\($0)" } ?? "fleet"
    return readings.filter { $0.subject == subject }.map { ($0.end.milliseconds - Self.start, $0) }
  }
}
