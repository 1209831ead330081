import Streams
import TestRandom

/// A stream's log as brokers have it, and a meter that reads it, is killed, and begins again with its last state.
///
/// One step at a time, from a seed: records are appended, read, ends are asked for, the clock comes on, intervals are
/// told. Nothing that isn't in a state that was "committed" with its readings survives a kill.
struct MeterBench {
  struct Record {
    /// When it was appended, by the brokers' clock.
    var appended: Int64
    /// Its Kafka time.
    var time: Int64
    var bytes: Int
  }

  var random: SeededRandom
  let definition: StreamDefinition
  var logs: [[Record]]
  /// How far each partition's producers' clocks are ahead, milliseconds.
  var skews: [Int64]
  var unreadable: Set<Int> = []
  /// The brokers' clock.
  var now: Int64 = 1_000_000
  var meter: StreamMeter
  var committed: StreamState
  /// What was told and committed.
  var readings: [StreamReading] = []
  private(set) var kills = 0

  init(seed: UInt64, partitions: Int, skewed: Bool, interval: Int64 = 1) {
    random = SeededRandom(seed: seed)
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    definition.interval = .seconds(interval)
    self.definition = definition
    logs = Array(repeating: [], count: partitions)
    skews = Array(repeating: 0, count: partitions)
    if skewed {
      for partition in skews.indices {
        skews[partition] = random.pick([0, 0, 3_600_000, -3_600_000, 700, -700, 40])
      }
    }
    committed = StreamState(
      definition: StreamState.hash(of: definition), told: 1_000_000,
      lanes: (0..<partitions).map { .init(partition: StreamPartition("t", Int32($0)), position: 0) })
    meter = StreamMeter(definition, committed)
  }

  /// Appends a record to a partition.
  mutating func append(to partition: Int) {
    let jitter = skews[partition] == 0 ? 0 : Int64(random.below(200))
    logs[partition].append(
      Record(appended: now, time: now + skews[partition] - jitter, bytes: 1 + random.below(300)))
  }

  /// Reads up to `count` records of a partition.
  mutating func read(_ partition: Int, _ count: Int) {
    guard let lane = meter.lane(of: StreamPartition("t", Int32(partition))), !unreadable.contains(partition),
      !meter.mustWait(lane: lane)
    else { return }
    var offset = Int(meter.positions[lane].offset)
    for _ in 0..<count where offset < logs[partition].count {
      let record = logs[partition][offset]
      meter.receive(
        lane: lane, offset: Int64(offset), kafkaTime: record.time, notLaterThan: now, bytes: record.bytes, facts: nil)
      offset += 1
    }
    if offset == logs[partition].count { meter.reach(lane: lane, offset: Int64(offset)) }
  }

  /// The meter hears the clock, asks for ends, and tells and commits what can be told.
  mutating func tick(commits: Bool = true) {
    for lane in meter.lanes(behind: now - StreamMeter.grace) {
      let partition = Int(meter.positions[lane].partition.number)
      if unreadable.contains(partition) {
        meter.isMissing(StreamPartition("t", Int32(partition)))
      } else {
        meter.ends(lane: lane, at: Int64(logs[partition].count), clock: now)
      }
    }
    let told = meter.tell(clock: now)
    guard commits else { return kill() }
    readings += told
    committed = meter.state
  }

  /// The meter is killed; another goes on.
  mutating func kill() {
    kills += 1
    meter = StreamMeter(definition, committed)
  }

  /// Everything is read and told.
  mutating func finish() {
    unreadable = []
    for _ in 0..<10 {
      now += 3 * definition.interval.components.seconds * 1000
      tick()
      for partition in logs.indices {
        for _ in 0..<40 { read(partition, 1000) }
      }
      tick()
    }
  }

  /// One step of a random schedule.
  mutating func step() {
    switch random.below(12) {
    case 0...3: for _ in 0..<random.below(20) { append(to: random.below(logs.count)) }
    case 4...6: read(random.below(logs.count), random.below(40))
    case 7, 8: now += Int64(random.below(900))
    case 9: tick()
    case 10:
      if random.once(in: 3) {
        if random.once(in: 2) { kill() } else { tick(commits: false) }
      }
    default:
      if random.once(in: 6) {
        let partition = random.below(logs.count)
        if unreadable.remove(partition) == nil { unreadable.insert(partition) }
      }
    }
  }
}
