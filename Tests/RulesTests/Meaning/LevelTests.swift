import Testing

@testable import Rules

@Suite("Levels")
struct LevelTests {
  @Test("equal never breaches, above and below")
  func equalNeverBreaches() {
    #expect(Story(cpuHigh()).at(0, 90).isEmpty)
    #expect(Story(cpuHigh(side: .below)).at(0, 90).isEmpty)
    #expect(Story(cpuHigh()).at(0, 90.0.nextUp).count == 1)
    #expect(Story(cpuHigh(side: .below)).at(0, 90.0.nextDown).count == 1)
  }

  @Test("a level once raised holds until its value is no longer beyond clear")
  func hysteresis() {
    let story = Story(cpuHigh(clear: Rule.Limits(critical: 70)))
    story.at(0, 80)
    #expect(story.transitions.isEmpty, "beyond clear is not enough to raise it")
    story.at(1, 91)
    #expect(story.each(from: 2, [80, 70.5]).isEmpty)
    #expect(story.at(4, 70) == ["4 resolved critical cpu-high/web-1 70 since 4"])
  }

  @Test("without clear a level holds as long as the value is beyond the limit itself")
  func withoutClear() {
    let story = Story(cpuHigh())
    story.at(0, 91)
    #expect(story.at(1, 90) == ["1 resolved critical cpu-high/web-1 90 since 1"])
  }

  @Test("below mirrors above")
  func below() {
    let story = Story(
      cpuHigh(warning: 20, critical: 10, side: .below, clear: Rule.Limits(warning: 30, critical: 15)))
    #expect(story.at(0, 19) == ["0 firing warning cpu-high/web-1 19 since 0"])
    #expect(story.at(1, 9) == ["1 firing critical cpu-high/web-1 9 since 1"])
    #expect(story.at(2, 14).isEmpty)
    #expect(story.at(3, 15) == ["3 firing warning cpu-high/web-1 15 since 3"])
    #expect(story.at(4, 29).isEmpty)
    #expect(story.at(5, 30) == ["5 resolved warning cpu-high/web-1 30 since 5"])
  }

  @Test("levels are tried from the top, and who holds critical holds warning")
  func fromTheTop() {
    let story = Story(cpuHigh(warning: 80, critical: 90, hold: .seconds(2)))
    #expect(story.each(from: 0, [95, 95]).isEmpty)
    #expect(story.at(2, 85) == ["2 firing warning cpu-high/web-1 85 since 0"])
  }

  @Test("a rule with one number has the one level critical, a rule with a warning alone has that")
  func oneLevel() {
    #expect(Story(cpuHigh()).at(0, 95) == ["0 firing critical cpu-high/web-1 95 since 0"])
    #expect(
      Story(cpuHigh(warning: 80, critical: nil)).at(0, 95) == ["0 firing warning cpu-high/web-1 95 since 0"])
  }
}
