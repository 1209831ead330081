import Rules
import Testing

@testable import statusd

@Suite("the story of the demo")
struct DemoStoryTests {
  private var story = DemoStory()

  private mutating func take(_ usage: Double..., system: Double = 1) -> [DemoStory.Action] {
    usage.flatMap { story.take(DemoStory.Sample(usage: $0, user: $0 - system, system: system)) }
  }

  private func rules(in actions: [DemoStory.Action]) -> [Rule] {
    actions.compactMap { if case .rule(let rule) = $0 { rule } else { nil } }
  }

  private func loads(in actions: [DemoStory.Action]) -> [DemoStory.Load?] {
    actions.compactMap { if case .load(let load) = $0 { .some(load) } else { nil } }
  }

  @Test("on a quiet machine the limit is between idle and load, and one alert fires and is resolved")
  mutating func quiet() {
    #expect(loads(in: take(3, 5, 4)) == [.computing])
    let actions = take(50, 99, 97, 98)
    #expect(rules(in: actions).map(\.metric) == ["cpu_usage"])
    #expect(rules(in: actions).first?.limits.critical == 51)
    #expect(loads(in: actions) == [nil])
    // The trial load must have ended before the real one begins.
    #expect(loads(in: take(60)) == [])
    #expect(loads(in: take(4)) == [.computing])
    let fires = story.alertFires()
    #expect(loads(in: fires) == [nil])
    #expect(!story.isTold)
    let ends = story.alertIsResolved()
    #expect(story.isTold && !ends.isEmpty)
  }

  @Test("on a busy machine the load reads files instead, and raises the kernel's share")
  mutating func busy() {
    #expect(loads(in: take(100, 100, 100, system: 5)) == [.reading(threadsPerCPU: 4)])
    let actions = take(100, 100, 100, 100, system: 45)
    #expect(rules(in: actions).map(\.metric) == ["cpu_system"])
    #expect(rules(in: actions).first?.limits.critical == 25)
  }

  @Test("if a load has no effect, it measures again with a stronger one")
  mutating func unmoved() {
    _ = take(100, 100, 100, system: 50)
    let actions = take(100, 100, 100, 100, system: 50)
    #expect(loads(in: actions) == [nil])
    #expect(rules(in: actions).isEmpty)
    #expect(loads(in: take(100, 100, 100, system: 50)) == [.reading(threadsPerCPU: 8)])
  }

  @Test("an alert that something else raises, or that isn't resolved, doesn't complete the story")
  mutating func foreign() {
    _ = take(3, 5, 4, 50, 99, 97, 98)
    #expect(story.alertFires().isEmpty)
    #expect(story.alertIsResolved().isEmpty)
    _ = take(4)
    _ = story.alertFires()
    for _ in 0..<20 { _ = take(99) }
    #expect(loads(in: take(99)) == [nil])
    #expect(story.alertIsResolved().isEmpty)
    #expect(!story.isTold)
  }
}
