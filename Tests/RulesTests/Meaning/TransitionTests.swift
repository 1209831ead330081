import Platform
import Records
import Testing

@testable import Rules

@Suite("Transitions")
struct TransitionTests {
  @Test("a transition carries everything that there is to say")
  func allFields() {
    var rule = cpuHigh(warning: 80, critical: 95)
    rule.labels = [Transition.Label(name: "team", value: "infra")]
    rule.summary = "CPU of {{host}} at {{value}}% (limit {{threshold}}), {{labels.team}}"
    let story = Story(rule)
    story.at(0, 50)
    story.at(1, 97.1)
    #expect(
      story.transitions == [
        Transition(
          timestamp: WallTime(milliseconds: 1000), status: .firing, severity: .critical, rule: "cpu-high",
          subject: "web-1", metric: "cpu_usage", value: 97.1, threshold: 95, since: WallTime(milliseconds: 1000),
          previous: .inactive, summary: "CPU of web-1 at 97.1% (limit 95), infra",
          labels: [Transition.Label(name: "team", value: "infra")],
          source: SourcePosition(topic: "status_topic", partition: 3, offset: 1))
      ])
  }

  @Test("severity moves inside one alert, and the threshold is the limit of the severity named")
  func severityMoves() {
    let story = Story(cpuHigh(warning: 80, critical: 90, clear: Rule.Limits(warning: 70)))
    story.each(from: 0, [85, 95, 85, 60])
    #expect(story.transitions.map(\.status) == [.firing, .firing, .firing, .resolved])
    #expect(story.transitions.map(\.severity) == [.warning, .critical, .warning, .warning])
    #expect(story.transitions.map(\.previous) == [.inactive, .firing, .firing, .firing])
    #expect(story.transitions.map(\.threshold) == [80, 90, 80, 80])
  }

  @Test("transitions of one record come in the order of the rules, whatever they watch")
  func orderOfRules() {
    var memory = cpuHigh(name: "memory-high")
    memory.metric = "memory_usage"
    let story = Story(cpuHigh(name: "a"), memory, cpuHigh(name: "b", critical: 50))
    story.at(0, 95) { $0.numbers["memory_usage"] = 95 }
    #expect(story.transitions.map(\.rule) == ["a", "memory-high", "b"])
  }

  @Test("a rule covers the subjects and texts that its globs match; a missing field matches none")
  func match() {
    let globs = [Rule.Match(field: "host", glob: "web-*"), Rule.Match(field: "role", glob: "d?")]
    let story = Story(cpuHigh(match: globs))
    #expect(story.at(0, 95, host: "db-1") { $0.texts["role"] = "db" }.isEmpty)
    #expect(story.at(0, 95).isEmpty)
    #expect(story.at(1, 95) { $0.texts["role"] = "web" }.isEmpty)
    #expect(story.at(2, 95) { $0.texts["role"] = "db" }.count == 1)
    #expect(story.at(3, 10).isEmpty, "not covered, so left alone")
  }

  @Test("a record without a key belongs to a subject of its partition, where that is wanted")
  func keyless() {
    let story = Story(cpuHigh(match: [Rule.Match(field: "host", glob: "web-1")]), keylessFrom: 0)
    story.at(0, 95) { $0.hasKey = false }
    story.at(0, 95)
    #expect(story.transitions.map(\.subject) == ["web-1#3", "web-1"])
    story.engine.keylessFrom = nil
    #expect(story.at(1, 10) { $0.hasKey = false } == ["1 resolved critical cpu-high/web-1 10 since 1"])
  }
}
