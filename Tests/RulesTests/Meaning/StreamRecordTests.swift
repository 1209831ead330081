import Records
import Testing

@testable import Rules

@Suite("Records of a stream")
struct StreamRecordTests {
  private static func rule(_ change: (inout Rule) -> Void = { _ in }) -> Rule {
    var rule = cpuHigh()
    rule.stream = StreamSubject(stream: "orders")
    change(&rule)
    return rule
  }

  private static func send(_ story: Story, _ seconds: Double, _ value: Double) -> [String] {
    story.at(seconds, value, kafka: seconds) { $0.ownTime = false }
  }

  @Test("a record of a stream that was overtaken by up to a minute counts at the time of the one before it")
  func overtaken() {
    let story = Story(Self.rule())
    #expect(Self.send(story, 100, 10) == [])
    #expect(Self.send(story, 40, 95) == ["100 firing critical cpu-high/web-1 95 since 100"])
    #expect(Self.send(story, 99.999, 10) == ["100 resolved critical cpu-high/web-1 10 since 100"])
    #expect(story.engine.counters.late == 0)
  }

  @Test("a record of a stream that is more than a minute behind is late")
  func late() {
    let story = Story(Self.rule())
    #expect(Self.send(story, 100, 10) == [])
    #expect(Self.send(story, 39.999, 95) == [])
    #expect(story.engine.counters.late == 1)
  }

  @Test("what a producer that was away sends at once is late; only ten minutes of it set the clock back")
  func backlog() {
    let story = Story(Self.rule())
    _ = Self.send(story, 10_000, 10)
    for second in stride(from: 9000.0, to: 9600, by: 10) { #expect(Self.send(story, second, 95) == []) }
    #expect(story.engine.counters.clockSetBack == 0)
    #expect(Self.send(story, 9600, 95) == ["9600 firing critical cpu-high/web-1 95 since 9600"])
    #expect(story.engine.counters.clockSetBack == 1)
    // A record in time ends the row.
    let other = Story(Self.rule())
    _ = Self.send(other, 10_000, 10)
    for second in stride(from: 9000.0, to: 9590, by: 10) { _ = Self.send(other, second, 95) }
    #expect(Self.send(other, 10_001, 20) == [])
    #expect(Self.send(other, 9600, 95) == [])
    #expect(other.engine.counters.clockSetBack == 0)
  }

  @Test("a subject of a stream takes room with the first value that a rule looks at")
  func room() {
    let room = SubjectRoom(limit: 1)
    var rule = Self.rule()
    rule.match = [Rule.Match(field: "host", glob: "web-*"), Rule.Match(field: "role", glob: "db")]
    let set = RuleSet([rule])
    let engine = Engine(rules: set, topic: "orders", partition: 0, room: room)
    var made: [Transition] = []
    func send(_ host: String, _ change: (inout PlainRecord) -> Void) {
      var record = PlainRecord(host: host, ownTime: false)
      change(&record)
      PlainView.with(record, set.plan) { engine.apply(record: $0, offset: 0, into: &made) }
    }
    send("web-1") { $0.texts["role"] = "db" }
    send("db-1") {
      $0.numbers["cpu_usage"] = 95
      $0.texts["role"] = "db"
    }
    send("web-2") {
      $0.numbers["cpu_usage"] = 95
      $0.texts["role"] = "web"
    }
    #expect(room.count == 0)
    send("web-3") {
      $0.numbers["cpu_usage"] = 95
      $0.texts["role"] = "db"
    }
    #expect(room.count == 1)
    #expect(made.map(\.key) == ["cpu-high/web-3"])
  }

  @Test("overtaken records enter a window at the time at which they count")
  func window() {
    let story = Story(
      Self.rule {
        $0.window = .seconds(30)
        $0.aggregate = .count
        $0.limits = Rule.Limits(critical: 2)
      })
    _ = Self.send(story, 100, 1)
    _ = Self.send(story, 60, 1)
    #expect(Self.send(story, 110, 1) == ["110 firing critical cpu-high/web-1 3 since 110"])
    #expect(Self.send(story, 130, 1) == ["130 resolved critical cpu-high/web-1 2 since 130"])
  }

  @Test("status records that were overtaken stay late")
  func status() {
    let story = Story(cpuHigh())
    #expect(Self.send(story, 100, 10) == [])
    #expect(Self.send(story, 99, 95) == [])
    #expect(story.engine.counters.late == 1)
  }

  @Test("another stream, or another field with the subject, begins the rule anew")
  func changed() {
    let story = Story(Self.rule())
    #expect(Self.send(story, 100, 95) == ["100 firing critical cpu-high/web-1 95 since 100"])
    let other = Self.rule { $0.stream?.field = "customer" }
    #expect(story.reload(other) == ["100 resolved critical cpu-high/web-1 95 since 100 (rule changed)"])
  }
}
