import Testing

@testable import Rules

@Suite("The alert's own level")
struct AlertLevelTests {
  @Test("a breach shorter than for stays pending")
  func shortBreach() {
    let story = Story(cpuHigh(hold: .seconds(10)))
    story.each(from: 0, [95, 95, 95])
    #expect(story.engine.counters.pending == 1)
    #expect(story.engine.alerts().map(\.state) == [.pending])
    story.at(3, 10)
    #expect(story.transitions.isEmpty)
    #expect(story.engine.counters.pending == 0)
    #expect(story.engine.alerts().isEmpty)
  }

  @Test("a breach that is held for exactly for fires, since its first record")
  func exactBreach() {
    let story = Story(cpuHigh(hold: .seconds(10)))
    #expect(story.each(from: 0, Array(repeating: 95, count: 10)).isEmpty)
    #expect(story.at(10, 95) == ["10 firing critical cpu-high/web-1 95 since 0"])
    #expect(story.engine.counters.firing == 1)
  }

  @Test("without for it fires at once")
  func atOnce() {
    #expect(Story(cpuHigh()).at(0, 95) == ["0 firing critical cpu-high/web-1 95 since 0"])
  }

  @Test("one value inside the limits starts for anew")
  func breakStartsAnew() {
    let story = Story(cpuHigh(hold: .seconds(3)))
    #expect(story.each(from: 0, [95, 95, 10, 95, 95, 95]).isEmpty)
    #expect(story.at(6, 95) == ["6 firing critical cpu-high/web-1 95 since 3"])
  }

  @Test("it rises to the highest level that has been held long enough")
  func risesToTheHighest() {
    let story = Story(cpuHigh(warning: 80, critical: 90, hold: .seconds(5)))
    let made = story.each(from: 0, [85, 85, 85, 95, 95, 95, 95, 95, 95])
    #expect(
      made == ["5 firing warning cpu-high/web-1 95 since 0", "8 firing critical cpu-high/web-1 95 since 3"])
  }

  @Test("it resolves only after keep_firing_for without a break")
  func keepFiringFor() {
    let story = Story(cpuHigh(keepFiringFor: .seconds(5)))
    story.at(0, 95)
    #expect(story.each(from: 1, [10, 10, 10, 95, 10, 10, 10, 10, 10]).isEmpty, "one breach starts it anew")
    #expect(story.at(10, 10) == ["10 resolved critical cpu-high/web-1 10 since 5"])
  }

  @Test("it falls to the highest level that has not been unheld as long, and then further")
  func fallsStepByStep() {
    let story = Story(
      cpuHigh(
        warning: 80, critical: 90, clear: Rule.Limits(warning: 60, critical: 85), hold: .seconds(20),
        keepFiringFor: .seconds(20)))
    let values = Array(repeating: 95.0, count: 30) + Array(repeating: 70, count: 15) + Array(repeating: 50, count: 40)
    #expect(
      story.each(from: 0, values) == [
        "20 firing critical cpu-high/web-1 95 since 0", "50 firing warning cpu-high/web-1 50 since 30",
        "65 resolved warning cpu-high/web-1 50 since 45",
      ])
  }

  @Test("it falls past a level that has been unheld as long")
  func fallsPast() {
    let story = Story(cpuHigh(warning: 80, critical: 90, keepFiringFor: .seconds(5)))
    #expect(story.at(0, 95).count == 1)
    #expect(story.each(from: 1, [10, 10, 10, 10, 10]).isEmpty)
    #expect(story.at(6, 10) == ["6 resolved critical cpu-high/web-1 10 since 1"])
  }

  @Test("it is judged at records of the series only")
  func judgedAtRecords() {
    let story = Story(cpuHigh(hold: .seconds(10)))
    story.at(0, 95)
    story.at(20, 95, host: "web-2")
    story.at(30, nil)
    #expect(story.transitions.isEmpty)
    #expect(story.at(40, 95) == ["40 firing critical cpu-high/web-1 95 since 0"])
  }
}
