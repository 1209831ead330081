import Testing

@testable import Rules

@Suite("Step 10: when a host is gone")
struct ForgetTests {
  private static func story(_ rules: Rule, after seconds: Double = 100) -> Story {
    var bounds = RuleSet.Bounds()
    bounds.forgetAfter = .milliseconds(Int64(seconds * 1000))
    return Story(rules, bounds: bounds)
  }

  @Test("a subject of which nothing came for forget_after of the log's time is forgotten, at anybody's next record")
  func idle() {
    let story = Self.story(cpuHigh())
    story.at(0, 95)
    #expect(story.at(99.999, 10, host: "web-2").isEmpty)
    #expect(story.at(100, 10, host: "web-2") == ["0 resolved critical cpu-high/web-1 95 since 0 (forgotten)"])
    #expect(story.engine.counters.subjects == 1)
    #expect(story.engine.counters.firing == 0)
  }

  @Test("its own record comes too late, too: it begins anew with it")
  func ownRecord() {
    let story = Self.story(cpuHigh(hold: .seconds(10), noDataAfter: .seconds(10_000)))
    story.each(from: 0, every: 10, [95, 95])
    #expect(
      story.at(110, 95) == ["10 resolved critical cpu-high/web-1 95 since 10 (forgotten)"])
    #expect(story.at(120, 95) == ["120 firing critical cpu-high/web-1 95 since 110"])
  }

  @Test("any readable record of the subject keeps it, also a late one and one without the metric")
  func kept() {
    let story = Self.story(cpuHigh())
    story.at(50, 95)
    story.at(90, nil)
    story.at(10, 95, kafka: 180)
    #expect(story.at(279, 10, host: "web-2").isEmpty)
    #expect(story.at(280, 10, host: "web-2").count == 1)
  }

  @Test("records without a Kafka time move no time, and whoever was seen before there was one is kept from then on")
  func withoutTime() {
    let story = Self.story(cpuHigh())
    story.at(0, 95) { $0.kafkaTime = -1 }
    story.at(5000, 95, host: "web-2") { $0.kafkaTime = -1 }
    #expect(story.engine.logTime == -1)
    #expect(story.at(6000, 10, host: "web-3").isEmpty)
    #expect(story.at(6099, 10, host: "web-3").isEmpty)
    #expect(story.at(6100, 10, host: "web-3").count == 2)
  }

  @Test("thousands that are gone at once go with one record, and their room is used again")
  func many() {
    let story = Self.story(cpuHigh().over(50, .max).atLeast(1, of: 3).repeating(every: 10))
    for round in 0..<3 {
      for number in 0..<3000 { story.at(Double(round * 1000), 95, host: "web-\(round)-\(number)") }
    }
    #expect(story.engine.counters.subjects == 3000)
    #expect(story.transitions.filter { $0.reason == .forgotten }.count == 6000)
    #expect(story.engine.state.pointee.series.windows.chunks.count == 3000)
    #expect(story.engine.state.pointee.series.details.count == 3000)
  }

  @Test("a shorter forget_after holds from the next record on")
  func reload() {
    let story = Self.story(cpuHigh(), after: 1000)
    story.at(0, 95)
    #expect(story.at(500, 10, host: "web-2").isEmpty)
    var bounds = RuleSet.Bounds()
    bounds.forgetAfter = .seconds(400)
    #expect(story.reload(under: bounds).isEmpty)
    #expect(story.at(501, 10, host: "web-2").count == 1)
  }
}
