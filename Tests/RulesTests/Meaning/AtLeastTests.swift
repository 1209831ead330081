import Testing

@testable import Rules

@Suite("Step 4: M of the last N samples")
struct AtLeastTests {
  @Test("a level counts as held once M of the last N samples held it, also before there are N")
  func threeOfFive() {
    let story = Story(cpuHigh().atLeast(3, of: 5))
    #expect(story.each(from: 0, [95, 10, 95]).isEmpty)
    #expect(story.at(3, 95) == ["3 firing critical cpu-high/web-1 95 since 3"])
    // Of 95 10 95 95 10 three samples still hold the level, then two.
    #expect(story.at(4, 10).isEmpty)
    #expect(story.at(5, 10) == ["5 resolved critical cpu-high/web-1 10 since 5"])
  }

  @Test("a sample that held a higher level held the lower one, too")
  func higher() {
    let story = Story(cpuHigh(warning: 80, critical: 90).atLeast(2, of: 3))
    #expect(story.each(from: 0, [95, 85]) == ["1 firing warning cpu-high/web-1 85 since 1"])
    #expect(story.at(2, 95) == ["2 firing critical cpu-high/web-1 95 since 2"])
  }

  @Test("each sample has its own level, with hysteresis of its own")
  func hysteresis() {
    let story = Story(cpuHigh(clear: Rule.Limits(critical: 50)).atLeast(2, of: 2))
    // 60 holds the level after 95, but not alone.
    #expect(story.each(from: 0, [60, 95]).isEmpty)
    #expect(story.at(2, 60) == ["2 firing critical cpu-high/web-1 60 since 2"])
  }

  @Test("keep_firing_for waits as it does without at_least")
  func keepFiring() {
    let story = Story(cpuHigh(keepFiringFor: .seconds(3)).atLeast(1, of: 2))
    story.at(0, 95)
    #expect(story.each(from: 1, [10, 10, 10, 10]).isEmpty)
    #expect(story.at(5, 10) == ["5 resolved critical cpu-high/web-1 10 since 2"])
  }

  @Test("it takes the values of a window as it takes others")
  func overWindow() {
    let story = Story(cpuHigh(critical: 50).over(2, .avg).atLeast(2, of: 3))
    #expect(story.each(from: 0, [90, 10]).isEmpty)
    #expect(story.at(2, 95) == ["2 firing critical cpu-high/web-1 52.5 since 2"])
  }

  @Test("the last N outlast a hole and a clock set back")
  func outlasts() {
    let story = Story(cpuHigh(noDataAfter: .seconds(5)).atLeast(2, of: 3))
    story.at(1000, 95)
    #expect(story.at(2000, 95) == ["2000 firing critical cpu-high/web-1 95 since 2000"])
    let other = Story(cpuHigh().atLeast(2, of: 3))
    other.at(1000, 95)
    for second in 0..<2 { other.at(Double(second), 10, kafka: Double(2000 + second)) }
    #expect(other.at(2, 95, kafka: 2002) == ["2 firing critical cpu-high/web-1 95 since 2"])
  }

  @Test("up to 256 samples are looked at")
  func many() {
    let story = Story(cpuHigh().atLeast(1, of: 256))
    #expect(story.at(0, 95).count == 1)
    #expect(story.each(from: 1, Array(repeating: 10, count: 255)).isEmpty)
    #expect(story.at(256, 10) == ["256 resolved critical cpu-high/web-1 10 since 256"])
  }

  @Test("at_least begins anew where M or N is another")
  func reload() {
    let story = Story(cpuHigh().atLeast(2, of: 3))
    story.each(from: 0, [95, 95])
    #expect(
      story.reload(cpuHigh().atLeast(2, of: 4)) == ["1 resolved critical cpu-high/web-1 95 since 1 (rule changed)"])
    #expect(story.at(2, 95).isEmpty)
    #expect(story.at(3, 95).count == 1)
  }
}
