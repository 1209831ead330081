import Testing

@testable import Rules

@Suite("Step 7: reminders")
struct ReminderTests {
  @Test("what goes on firing is said again each repeat_every after its last transition")
  func everyThree() {
    let story = Story(cpuHigh().repeating(every: 3))
    story.at(0, 95)
    #expect(story.each(from: 1, [95, 96]).isEmpty)
    #expect(story.at(3, 97) == ["3 firing critical cpu-high/web-1 97 since 0 repeat 1"])
    #expect(story.each(from: 4, [95, 95]).isEmpty)
    #expect(story.at(6, 95) == ["6 firing critical cpu-high/web-1 95 since 0 repeat 2"])
    #expect(story.transitions.last?.previous == .firing)
  }

  @Test("reminders that fell into a hole are one, with the number of the last")
  func hole() {
    let story = Story(cpuHigh().repeating(every: 3))
    story.at(0, 95)
    #expect(story.at(1000, 95) == ["1000 firing critical cpu-high/web-1 95 since 0 repeat 333"])
    #expect(story.at(1001, 95).isEmpty)
    #expect(story.at(1002, 95) == ["1002 firing critical cpu-high/web-1 95 since 0 repeat 334"])
  }

  @Test("a transition begins the count anew, and is no reminder")
  func transition() {
    let story = Story(cpuHigh(warning: 80, critical: 90).repeating(every: 3))
    story.each(from: 0, [85, 85])
    #expect(story.at(3, 95) == ["3 firing critical cpu-high/web-1 95 since 3"])
    #expect(story.each(from: 4, [95, 95]).isEmpty)
    #expect(story.at(6, 95) == ["6 firing critical cpu-high/web-1 95 since 3 repeat 1"])
    #expect(story.at(7, 10) == ["7 resolved critical cpu-high/web-1 10 since 7"])
    #expect(story.at(100, 10).isEmpty)
  }

  @Test("a reminder has the since of the last transition, whatever a hole did to the timers")
  func since() {
    let story = Story(cpuHigh(hold: .seconds(2), noDataAfter: .seconds(5)).repeating(every: 60))
    story.each(from: 0, [95, 95, 95])
    #expect(story.at(100, 95) == ["100 firing critical cpu-high/web-1 95 since 0 repeat 1"])
  }

  @Test("while keep_firing_for waits, it is said again, too")
  func keepFiring() {
    let story = Story(cpuHigh(keepFiringFor: .seconds(100)).repeating(every: 3))
    story.at(0, 95)
    #expect(story.at(3, 10) == ["3 firing critical cpu-high/web-1 10 since 0 repeat 1"])
  }

  @Test("a clock set back begins the count anew; since is then never after the reminder")
  func setBack() {
    let story = Story(cpuHigh().repeating(every: 3))
    story.at(1000, 95)
    for second in 0..<3 { #expect(story.at(Double(second), 95, kafka: Double(2000 + second)).isEmpty) }
    #expect(story.each(from: 3, [95, 95]).isEmpty)
    #expect(story.at(5, 95) == ["5 firing critical cpu-high/web-1 95 since 5 repeat 1"])
  }

  @Test("a record without a value makes no reminder, the next one with a value makes it")
  func withoutValue() {
    let story = Story(cpuHigh(critical: 5).over(4, .rate).repeating(every: 10))
    story.each(from: 0, [0, 10])
    #expect(story.at(20, 0).isEmpty)
    #expect(story.at(21, 10) == ["21 firing critical cpu-high/web-1 10 since 1 repeat 2"])
  }

  @Test("a repeat_every that comes, goes or changes holds from the next record on")
  func reload() {
    let story = Story(cpuHigh())
    story.each(from: 0, [95, 95, 95])
    story.reload(cpuHigh().repeating(every: 3))
    #expect(story.at(3, 95) == ["3 firing critical cpu-high/web-1 95 since 0 repeat 1"])
    story.reload(cpuHigh().repeating(every: 2))
    #expect(story.at(4, 95) == ["4 firing critical cpu-high/web-1 95 since 0 repeat 2"])
    story.reload(cpuHigh())
    #expect(story.at(100, 95).isEmpty)
  }
}
