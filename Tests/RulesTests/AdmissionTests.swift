import Records
import TestAllocations
import Testing

@testable import Rules

@Suite("The maximum number of subjects")
struct AdmissionTests {
  private let rules = RuleSet([cpuHigh()])

  private func engine(_ room: SubjectRoom, partition: Int32 = 3) -> Engine {
    Engine(rules: rules, topic: "status_topic", partition: partition, room: room)
  }

  /// Applies a record of `host`. Returns the transitions.
  @discardableResult
  private func tell(_ engine: Engine, _ host: String, _ value: Double, at second: Int64) -> [Transition] {
    var made: [Transition] = []
    var record = PlainRecord(host: host, time: second * 1000, kafkaTime: second * 1000)
    record.numbers["cpu_usage"] = value
    engine.logTime = max(engine.logTime, record.kafkaTime)
    PlainView.with(record, rules.plan) { engine.apply(record: $0, offset: second, into: &made) }
    return made
  }

  @Test("beyond the limit new subjects are refused, counted, and said once with an example; those known go on")
  func refused() {
    let engine = engine(SubjectRoom(limit: 2))
    for (second, host) in ["web-1", "web-2", "web-3", "web-4", "web-3"].enumerated() {
      tell(engine, host, 10, at: Int64(second))
    }
    #expect(engine.counters.subjects == 2)
    #expect(engine.counters.refused == 3)
    #expect(engine.takeHappenings() == [.subjectRefused(subject: "web-3", limit: 2, offset: 2)])
    #expect(tell(engine, "web-1", 95, at: 10).count == 1)
    #expect(tell(engine, "web-3", 95, at: 11).isEmpty)
  }

  @Test("whoever is forgotten makes room, and so does a higher limit")
  func makesRoom() {
    let room = SubjectRoom(limit: 1)
    let engine = engine(room)
    tell(engine, "web-1", 10, at: 0)
    tell(engine, "web-2", 95, at: 1)
    var made: [Transition] = []
    var name = "web-1"
    name.withUTF8 { engine.forget(subject: UnsafeRawBufferPointer($0), offset: 2, into: &made) }
    #expect(tell(engine, "web-2", 95, at: 3).count == 1)
    // The rules' forget_after is a week of the log's time.
    #expect(tell(engine, "web-3", 95, at: 700_000).map(\.reason) == [.forgotten, nil])
    room.limit = 2
    #expect(tell(engine, "web-4", 95, at: 700_001).count == 1)
    room.limit = 1
    #expect(tell(engine, "web-4", 10, at: 700_002).count == 1, "a lower limit takes nobody's place away")
    #expect(room.count == 2)
  }

  @Test("the partitions of a process share the places, and a partition that goes releases its own")
  func shared() {
    let room = SubjectRoom(limit: 3)
    let first = engine(room, partition: 0)
    do {
      let second = engine(room, partition: 1)
      for host in ["web-1", "web-2"] { tell(first, host, 10, at: 0) }
      for host in ["db-1", "db-2"] { tell(second, host, 10, at: 0) }
      #expect(second.counters.refused == 1)
      #expect(room.count == 3)
    }
    #expect(room.count == 2)
    tell(first, "web-3", 10, at: 1)
    #expect(first.counters.refused == 0)
    #expect(room.count == 3)
  }

  @Test("a partition that comes with more subjects than there may be keeps them all")
  func restored() throws {
    let story = Story(cpuHigh())
    for host in 0..<5 { story.at(0, 95, host: "web-\(host)") }
    var keeper = Keeper(limit: 2)
    keeper.deliver(story.engine, position: 3, changedBefore: .max)
    let engine = try keeper.restored()
    engine.finishReplay(keeper.marker)
    #expect(engine.counters.subjects == 5)
    #expect(engine.counters.firing == 5)
    tell(engine, "web-9", 95, at: 10)
    #expect(engine.counters.refused == 1)
  }

  /// The bytes that this thread allocates for one record from each of `hosts` hosts, divided by the number of admitted
  /// hosts.
  private func bytes(_ hosts: Int, limit: Int, _ rules: [Rule]) -> Int {
    let set = RuleSet(rules)
    let before = allocated_bytes_of_this_thread()
    let engine = Engine(rules: set, topic: "status_topic", partition: 0, room: SubjectRoom(limit: limit))
    var made: [Transition] = []
    for number in 0..<hosts {
      var record = PlainRecord(host: "host-\(number)", time: 0, kafkaTime: 0)
      record.numbers["cpu_usage"] = 10
      PlainView.with(record, set.plan) { engine.apply(record: $0, offset: Int64(number), into: &made) }
    }
    let bytes = Int(allocated_bytes_of_this_thread() - before)
    #expect(engine.counters.subjects == min(hosts, limit))
    return bytes / min(hosts, limit)
  }

  @Test(
    "hosts with one record take little memory even under rules with windows, and refused hosts take less",
    .enabled(if: allocations_of_this_thread() >= 0, "a sanitizer has the allocations"))
  func memory() {
    let windows = [Rule.Aggregate.avg, .max, .percentile(95)].enumerated().map { number, aggregate in
      cpuHigh(name: "rule-\(number)").over(300, aggregate)
    }
    let plain = windows.map { rule in
      var rule = rule
      (rule.window, rule.aggregate) = (nil, .last)
      return rule
    }
    // Both include what the test itself allocates for a record.
    let difference = bytes(5000, limit: 5000, windows) - bytes(5000, limit: 5000, plain)
    #expect(difference < 1000, "three windows with a sample each")
    let few = bytes(1000, limit: 1000, windows)
    let refused = (bytes(5000, limit: 1000, windows) - few) / 4
    let made = bytes(5000, limit: 5000, plain)
    #expect(refused < made, "a host that is refused takes less than one that isn't")
  }
}
