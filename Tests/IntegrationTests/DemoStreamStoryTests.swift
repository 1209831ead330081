import Testing

@testable import statusd

@Suite("the demo's story of a stream")
struct DemoStreamStoryTests {
  private var story = DemoStreamStory()

  private mutating func take(_ rates: Double?...) -> [DemoStreamStory.Action] { rates.flatMap { story.take(rate: $0) } }

  private func isSaid(_ actions: [DemoStreamStory.Action]) -> Bool {
    actions.contains { if case .say = $0 { true } else { false } }
  }

  @Test("three readings with records, then it stops; the alert brings it back, its end is the end")
  mutating func told() {
    #expect(story.begin().contains(.write(true)))
    #expect(take(nil, 0, 5, 5).isEmpty)
    let stops = take(5)
    #expect(stops.contains(.write(false)))
    #expect(stops.contains(.rule(DemoStreamStory.rule)))
    #expect(take(2, 0).isEmpty)
    #expect(story.alertFires().contains(.write(true)))
    #expect(!story.isTold)
    #expect(isSaid(story.alertIsResolved()))
    #expect(story.isTold && !story.isUnderWay)
    #expect(story.begin().isEmpty)
  }

  @Test("an alert at another time changes nothing")
  mutating func foreign() {
    #expect(story.alertFires().isEmpty && story.alertIsResolved().isEmpty)
    _ = story.begin()
    #expect(story.alertFires().isEmpty && story.alertIsResolved().isEmpty)
    _ = take(5, 5, 5)
    #expect(story.alertIsResolved().isEmpty)
    #expect(!story.isTold)
  }

  @Test("readings that don't show what the program does end it, untold")
  mutating func silent() {
    _ = story.begin()
    for _ in 0..<20 { #expect(take(0).isEmpty) }
    #expect(take(0).contains(.write(false)))
    #expect(!story.isTold && !story.isUnderWay)
  }
}
