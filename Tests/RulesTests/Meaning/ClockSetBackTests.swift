import Testing

@testable import Rules

@Suite("A clock that was set back")
struct ClockSetBackTests {
  @Test("the third late record in a row that rises at the pace of the log is taken, and the series goes on from it")
  func thirdLateRecord() {
    let story = Story(cpuHigh())
    story.at(235, 10, kafka: 190)
    #expect(story.at(200, 10, kafka: 200).isEmpty)
    #expect(story.at(210, 95, kafka: 210).isEmpty)
    #expect(story.at(220, 95, kafka: 220) == ["220 firing critical cpu-high/web-1 95 since 220"])
    #expect(story.at(240, 10, kafka: 240) == ["240 resolved critical cpu-high/web-1 10 since 240"])
    #expect(story.engine.counters.clockSetBack == 1)
    #expect(story.engine.counters.late == 2)
    #expect(story.engine.takeHappenings() == [.clockSetBack(subject: "web-1", by: 35_000, offset: 3)])
  }

  @Test("a tail that is sent again arrives faster than it was made, and stays late")
  func tailSentAgain() {
    let story = Story(cpuHigh())
    story.at(100, 10)
    for second in 10..<90 { #expect(story.at(Double(second), 95, kafka: 101 + Double(second) / 100).isEmpty) }
    #expect(story.engine.counters.late == 80)
  }

  @Test("half the pace of the log is enough, less is not")
  func halfThePace() {
    for (pace, setBacks) in [(0.5, 1), (0.4995, 0)] {
      let story = Story(cpuHigh())
      story.at(100, 10)
      for place in 0..<3 { story.at(10 + Double(place), 10, kafka: 101 + Double(place) * pace) }
      #expect(story.engine.counters.clockSetBack == setBacks)
    }
  }

  @Test("late records that don't rise among themselves are stragglers")
  func stragglers() {
    let story = Story(cpuHigh())
    story.at(100, 10)
    for (place, second) in [50.0, 40, 60, 30, 45].enumerated() { story.at(second, 95, kafka: 101 + Double(place) * 50) }
    #expect(story.engine.counters.late == 5)
    #expect(story.engine.counters.clockSetBack == 0)
  }

  /// The counters after records with these times.
  private func counted(_ times: [(own: Double, kafka: Double)]) -> EngineCounters {
    let story = Story(cpuHigh())
    for (own, kafka) in times { story.at(own, 10, kafka: kafka) }
    return story.engine.counters
  }

  @Test("a record that counts ends the row")
  func endedByCounting() {
    let row: [(own: Double, kafka: Double)] = [(100, 100), (10, 101), (11, 102), (103, 103), (12, 104), (13, 105)]
    #expect(counted(row).clockSetBack == 0)
    #expect(counted(row + [(14, 106)]).clockSetBack == 1)
  }

  @Test("a repeat of the last time ends the row")
  func endedByRepeat() {
    #expect(counted([(100, 100), (10, 101), (11, 102), (100, 103), (12, 104)]).clockSetBack == 0)
  }

  @Test("a repeat of the last late record leaves the row as it is")
  func repeatOfLate() {
    let counters = counted([(100, 100), (10, 101), (11, 102), (11, 102), (12, 103)])
    #expect(counters.clockSetBack == 1)
    #expect(counters.repeated == 1)
  }

  @Test("what fires keeps firing, and the timers start anew")
  func firesOn() {
    let story = Story(cpuHigh(hold: .seconds(5), keepFiringFor: .seconds(5)))
    story.each(from: 1000, [95, 95, 95, 95, 95, 95, 10, 10])
    #expect(story.transitions.count == 1)
    #expect(story.each(from: 100, [10, 10, 10]).isEmpty, "unheld for five seconds, were it not for the clock")
    #expect(story.each(from: 103, [10, 10, 10, 10]).isEmpty)
    #expect(story.at(107, 10) == ["107 resolved critical cpu-high/web-1 10 since 102"])
  }

  @Test("without Kafka times nothing tells a clock set back from stragglers")
  func withoutKafkaTimes() {
    let story = Story(cpuHigh())
    story.at(100, 10)
    for second in 10..<20 { story.at(Double(second), 95) { $0.kafkaTime = -1 } }
    #expect(story.engine.counters.clockSetBack == 0)
  }
}
