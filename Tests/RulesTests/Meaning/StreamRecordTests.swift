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
