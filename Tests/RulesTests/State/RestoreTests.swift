import Records
import Testing

@testable import Rules

@Suite("State that comes back")
struct RestoreTests {
  @Test("a restored engine has the state of the one that wrote it")
  func roundTrip() throws {
    let story = Story(
      cpuHigh(warning: 80, critical: 90, hold: .seconds(10)), cpuHigh(name: "fast", critical: 50))
    story.at(0, 60)
    story.at(1, 95) { ($0.boot, $0.sequence) = (7, 1) }
    story.at(2, 96) { ($0.boot, $0.sequence) = (8, 1) }
    story.at(1.5, 20)
    story.at(0, 10, host: "web-2")
    var keeper = Keeper()
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    let restored = try keeper.restored()
    restored.finishReplay(keeper.marker)
    #expect(restored.image() == story.engine.image())
    #expect(restored.alerts().count == 2)
    #expect(restored.counters.firing == 1)
    #expect(restored.counters.pending == 1)
    #expect(restored.counters.subjects == 2)
  }

  @Test("a subject that didn't change since its checkpoint is not written again")
  func writtenOnce() {
    let story = Story(cpuHigh())
    var keeper = Keeper()
    story.engine.now = 1000
    story.at(0, 10)
    keeper.deliver(story.engine, position: 1, changedBefore: 1000)
    #expect(keeper.written == 0)
    #expect(keeper.marker.lowWater == 0)
    keeper.deliver(story.engine, position: 1, changedBefore: 1001)
    #expect(keeper.written == 1)
    #expect(keeper.marker.lowWater == 1)
    keeper.deliver(story.engine, position: 1, changedBefore: .max)
    #expect(keeper.written == 1)
  }
}
