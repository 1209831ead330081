import Records
import Testing

@testable import Rules

@Suite("Which records count")
struct WhichRecordsCountTests {
  @Test("a record without the metric leaves the rule alone")
  func withoutMetric() {
    let story = Story(cpuHigh(hold: .seconds(2)))
    story.at(0, 95)
    story.at(1, nil)
    #expect(story.at(2, 95) == ["2 firing critical cpu-high/web-1 95 since 0"])
    #expect(story.engine.badRecords == [0])
  }

  @Test("a record whose field is no number is bad for that rule only, and changes nothing")
  func notANumber() {
    var memory = cpuHigh(name: "memory-high")
    memory.metric = "memory_usage"
    let story = Story(cpuHigh(), memory)
    story.at(0, 95)
    let made = story.at(1, nil) {
      $0.notNumbers["cpu_usage"] = .string
      $0.numbers["memory_usage"] = 91
    }
    #expect(made == ["1 firing critical memory-high/web-1 91 since 1"])
    #expect(story.engine.badRecords == [1, 0])
    #expect(story.at(2, 10) == ["2 resolved critical cpu-high/web-1 10 since 2"])
  }

  @Test("the first bad value of a rule is said with field and kind, the next ones are counted only")
  func firstBadValue() {
    let story = Story(cpuHigh())
    for second in 0..<3 { story.at(Double(second), nil) { $0.notNumbers["cpu_usage"] = .string } }
    #expect(
      story.engine.takeHappenings() == [
        .badField(rule: "cpu-high", field: "cpu_usage", kind: .string, subject: "web-1", offset: 0)
      ])
    #expect(story.engine.takeHappenings().isEmpty)
    #expect(story.engine.badRecords == [3])
  }

  @Test("the same time again is a repeat where the record brought it")
  func repeatedTime() {
    let story = Story(cpuHigh())
    story.at(0, 50)
    #expect(story.at(0, 95).isEmpty)
    #expect(story.engine.counters.repeated == 1)
  }

  @Test("records that take Kafka's time are distinct samples, also at the same millisecond")
  func kafkaTimes() {
    let story = Story(cpuHigh())
    story.at(0, 50) { $0.ownTime = false }
    #expect(story.at(0, 95) { $0.ownTime = false } == ["0 firing critical cpu-high/web-1 95 since 0"])
    #expect(story.at(0, 50) { $0.ownTime = false } == ["0 resolved critical cpu-high/web-1 50 since 0"])
  }

  @Test("a record before the last one is late, and ignored")
  func late() {
    let story = Story(cpuHigh())
    story.at(10, 50)
    #expect(story.at(9, 95).isEmpty)
    #expect(story.engine.counters.late == 1)
    #expect(story.at(11, 95).count == 1)
  }

  @Test("each subject has its own last time")
  func subjectsApart() {
    let story = Story(cpuHigh())
    story.at(10, 50)
    #expect(story.at(5, 95, host: "web-2") == ["5 firing critical cpu-high/web-2 95 since 5"])
  }

  @Test("a metric that is missing now and then has its own last time")
  func metricsApart() {
    var memory = cpuHigh(name: "memory-high")
    memory.metric = "memory_usage"
    let story = Story(cpuHigh(), memory)
    story.at(0, 10) { $0.numbers["memory_usage"] = 10 }
    story.at(10, 10)
    let made = story.at(5, nil) { $0.numbers["memory_usage"] = 95 }
    #expect(made == ["5 firing critical memory-high/web-1 95 since 5"])
    #expect(story.at(5, 95) { $0.numbers["memory_usage"] = 10 }.isEmpty, "late for one, a repeat for the other")
    #expect(story.engine.counters.late == 1)
    #expect(story.engine.counters.repeated == 1)
  }
}
