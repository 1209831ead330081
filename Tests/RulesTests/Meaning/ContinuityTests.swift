import Testing

@testable import Rules

@Suite("Continuity")
struct ContinuityTests {
  @Test("a hole longer than no_data_after starts for anew")
  func holeBreaksFor() {
    let story = Story(cpuHigh(hold: .seconds(10), noDataAfter: .seconds(5)))
    story.each(from: 0, [95, 95, 95, 95, 95])
    #expect(story.each(from: 10, [95, 95, 95]).isEmpty)
    #expect(
      story.each(from: 13, [95, 95, 95, 95, 95, 95, 95, 95]) == ["20 firing critical cpu-high/web-1 95 since 10"])
  }

  @Test("a hole of exactly no_data_after breaks nothing")
  func exactHole() {
    let story = Story(cpuHigh(hold: .seconds(10), noDataAfter: .seconds(5)))
    story.each(from: 0, every: 5, [95, 95])
    #expect(story.at(10, 95) == ["10 firing critical cpu-high/web-1 95 since 0"])
  }

  @Test("a hole starts keep_firing_for anew, and what fires keeps firing")
  func holeBreaksKeepFiring() {
    let story = Story(cpuHigh(keepFiringFor: .seconds(10), noDataAfter: .seconds(60)))
    story.each(from: 0, [95, 10])
    #expect(story.at(100, 10).isEmpty)
    #expect(story.at(109, 10).isEmpty)
    #expect(story.at(110, 10) == ["110 resolved critical cpu-high/web-1 10 since 100"])
  }

  @Test("the level's memory outlasts a hole")
  func memoryStays() {
    let story = Story(cpuHigh(clear: Rule.Limits(critical: 50), hold: .seconds(2)))
    story.at(0, 95)
    #expect(story.each(from: 1000, [60, 60]).isEmpty)
    #expect(story.at(1002, 60) == ["1002 firing critical cpu-high/web-1 60 since 1000"])
  }

  @Test("by default a hole is longer than 60 s while nothing is known of the producer")
  func sixtySeconds() {
    for (gap, fires) in [(60.0, true), (60.001, false)] {
      let story = Story(cpuHigh(hold: .seconds(30)))
      story.at(0, 95)
      #expect(story.at(gap, 95).isEmpty != fires)
    }
  }

  @Test("by default no_data_after follows the producer: three times the median of the last five gaps")
  func followsTheProducer() {
    let story = Story(cpuHigh(hold: .seconds(600)))
    let made = story.each(from: 0, every: 300, [95, 95, 95, 95, 95])
    #expect(made == ["1200 firing critical cpu-high/web-1 95 since 600"], "two gaps must be known first")
  }

  @Test("the median of an even number of gaps is the upper one, and this gap is not among them")
  func upperMedian() {
    let story = Story(cpuHigh(hold: .milliseconds(1)))
    story.at(0, 10)
    story.at(10, 10)
    // Of the gaps 10 and 100 the upper one is the median, so 300 s aren't a hole.
    story.at(110, 95)
    #expect(story.at(410, 95) == ["410 firing critical cpu-high/web-1 95 since 110"])
  }

  @Test("only the last five gaps between differing times count")
  func lastFive() {
    let story = Story(cpuHigh(hold: .seconds(60)))
    story.each(from: 0, every: 300, [10, 10, 10, 10, 10, 10])
    story.each(from: 1501, [10, 10, 10, 10, 10])
    story.at(1506, 95)
    #expect(story.at(1567, 95).isEmpty, "the five gaps are of one second now: 61 s are a hole")
  }

  @Test("a producer slower than a written no_data_after is said once for a series")
  func neverHeld() {
    let story = Story(cpuHigh(hold: .seconds(600), noDataAfter: .seconds(60)))
    story.each(from: 0, every: 300, Array(repeating: 95, count: 12))
    #expect(story.transitions.isEmpty)
    #expect(
      story.engine.takeHappenings() == [
        .neverHeld(rule: "cpu-high", subject: "web-1", every: 300_000, noDataAfter: 60_000)
      ])
  }
}
