import Records
import Testing

@testable import Rules

@Suite("When rules change")
struct RuleChangeTests {
  @Test("what fires is resolved where its rule is gone, at the last record")
  func removed() {
    let story = Story(cpuHigh(), cpuHigh(name: "other"))
    story.at(0, 95)
    story.at(1, 96)
    story.at(2, nil)
    #expect(story.reload(cpuHigh(name: "other")) == ["1 resolved critical cpu-high/web-1 96 since 1 (rule removed)"])
    #expect(story.transitions.last?.source.offset == 1)
    #expect(story.engine.counters.firing == 1)
  }

  @Test("what fires is resolved where match on host no longer covers the subject")
  func uncovered() {
    let story = Story(cpuHigh())
    story.at(0, 95)
    story.at(0, 95, host: "db-1")
    let narrow = cpuHigh(match: [Rule.Match(field: "host", glob: "db-*")])
    #expect(story.reload(narrow) == ["0 resolved critical cpu-high/web-1 95 since 0 (rule removed)"])
    #expect(story.at(1, 96).isEmpty)
    #expect(story.at(1, 10, host: "db-1").count == 1)
  }

  @Test("what fires is resolved, to begin anew, where the rule means something else now")
  func changed() {
    let story = Story(cpuHigh())
    story.at(5, 95)
    #expect(
      story.reload(cpuHigh(critical: 99, side: .below)) == [
        "5 resolved critical cpu-high/web-1 95 since 5 (rule changed)"
      ])
    #expect(story.at(4, 95) == ["4 firing critical cpu-high/web-1 95 since 4"], "there is no last record any longer")
  }

  @Test("what fires is resolved where its level is gone; where another fires, it goes on")
  func levelGone() {
    let story = Story(cpuHigh(warning: 80, critical: 90))
    story.at(0, 85)
    story.at(0, 95, host: "web-2")
    #expect(story.reload(cpuHigh(critical: 90)) == ["0 resolved warning cpu-high/web-1 85 since 0 (rule changed)"])
    #expect(story.at(1, 10, host: "web-2") == ["1 resolved critical cpu-high/web-2 10 since 1"])
  }

  @Test("what is pending is dropped in the same cases")
  func pendingDropped() {
    let story = Story(cpuHigh(hold: .seconds(10)))
    story.at(0, 95)
    #expect(story.reload().isEmpty)
    #expect(story.engine.counters.pending == 0)
    story.reload(cpuHigh(hold: .seconds(10)))
    #expect(story.at(10, 95).isEmpty)
    #expect(story.at(20, 95) == ["20 firing critical cpu-high/web-1 95 since 10"])
  }

  @Test("limits, clear, for, keep_firing_for, labels and texts change under a life that goes on")
  func lifeGoesOn() {
    let story = Story(cpuHigh(hold: .seconds(10)))
    story.at(0, 95)
    var next = cpuHigh(critical: 94, clear: Rule.Limits(critical: 50), hold: .seconds(5), keepFiringFor: .seconds(3))
    next.labels = [Transition.Label(name: "team", value: "infra")]
    #expect(story.reload(next).isEmpty)
    #expect(story.at(5, 60) == ["5 firing critical cpu-high/web-1 60 since 0"], "held all along, by its memory")
    #expect(story.transitions.last?.labels == next.labels)
    story.reload(cpuHigh(critical: 99, keepFiringFor: .seconds(3)))
    #expect(story.at(6, 60).isEmpty, "the next record decides")
    #expect(story.at(9, 60) == ["9 resolved critical cpu-high/web-1 60 since 6"])
  }

  @Test("a rule that is new has no last record yet, whatever others have seen")
  func newRule() {
    let story = Story(cpuHigh())
    story.at(10, 50)
    story.reload(cpuHigh(), cpuHigh(name: "new"))
    #expect(story.at(5, 95) == ["5 firing critical new/web-1 95 since 5"])
    #expect(story.engine.counters.late == 1)
    #expect(story.at(11, 96) == ["11 firing critical cpu-high/web-1 96 since 11"])
  }

  @Test("the order of the rules in the file is no part of their meaning")
  func reordered() {
    let story = Story(cpuHigh(name: "a"), cpuHigh(name: "b", critical: 50))
    story.at(0, 60)
    #expect(story.reload(cpuHigh(name: "b", critical: 50), cpuHigh(name: "a")).isEmpty)
    #expect(story.at(1, 95) == ["1 firing critical a/web-1 95 since 1"])
  }

  @Test("the count of bad values stays with its rule")
  func countsStay() {
    let story = Story(cpuHigh(name: "a"), cpuHigh(name: "b"))
    story.at(0, nil) { $0.notNumbers["cpu_usage"] = .null }
    story.reload(cpuHigh(name: "c"), cpuHigh(name: "b"))
    #expect(story.engine.badRecords == [0, 1])
  }
}

@Suite("When a host is gone")
struct ForgottenTests {
  @Test("a subject that is forgotten is resolved where it fires, and its state goes")
  func forgotten() {
    let story = Story(cpuHigh(), cpuHigh(name: "other", critical: 99))
    story.at(0, 95)
    #expect(story.forget("web-1") == ["0 resolved critical cpu-high/web-1 95 since 0 (forgotten)"])
    #expect(story.engine.counters.subjects == 0)
    #expect(story.engine.counters.firing == 0)
    #expect(story.forget("web-1").isEmpty)
    #expect(story.at(-5, 95).count == 1, "it begins from nothing")
  }

  @Test("forgetting a subject doesn't affect the state of others")
  func othersStay() {
    let story = Story(cpuHigh(hold: .seconds(5)))
    for number in 0..<500 { story.at(0, 95, host: "web-\(number)") }
    for number in stride(from: 0, to: 500, by: 2) { story.forget("web-\(number)") }
    for number in 0..<500 { story.at(5, 95, host: "web-\(number)") }
    #expect(story.transitions.count == 250)
    #expect(story.engine.counters.subjects == 500)
  }
}
