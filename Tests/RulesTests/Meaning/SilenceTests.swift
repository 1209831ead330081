import Records
import Testing

@testable import Rules

@Suite("Step 8: silence")
struct SilenceTests {
  @Test("a series of which nothing was read for no_data_after fires at the rule's highest level, once")
  func alert() {
    let story = Story(cpuHigh(warning: 80, critical: 90, noDataAfter: .seconds(30)).onSilence(.alert))
    story.at(100, 42)
    #expect(story.silent(at: 129.999).isEmpty)
    #expect(story.silent(at: 130) == ["130 firing critical cpu-high/web-1 42 since 100 (no data)"])
    #expect(story.transitions.last?.previous == .inactive)
    #expect(story.transitions.last?.source.offset == 0)
    #expect(story.silent(at: 1000).isEmpty)
    #expect(story.engine.counters.firing == 1)
  }

  @Test("it fires also where the rule fires already")
  func alertWhileFiring() {
    let story = Story(cpuHigh(warning: 80, critical: 90, noDataAfter: .seconds(30)).onSilence(.alert))
    story.at(0, 85)
    #expect(story.silent(at: 30) == ["30 firing critical cpu-high/web-1 85 since 0 (no data)"])
    #expect(story.transitions.last?.previous == .firing)
    #expect(story.engine.counters.firing == 1)
  }

  @Test("the silence of a subject that has moved to another topic ends it, as a tombstone would")
  func moved() {
    let story = Story(cpuHigh(noDataAfter: .seconds(30)).onSilence(.alert))
    story.engine.movedPrefix = Array("statusd@".utf8)
    story.at(0, 95, host: "statusd@web-1")
    story.at(0, 10, host: "statusd@web-2")
    story.at(0, 10, host: "web-1")
    #expect(
      story.silent(at: 30) == [
        "0 resolved critical cpu-high/statusd@web-1 95 since 0 (forgotten)",
        "30 firing critical cpu-high/web-1 10 since 0 (no data)",
      ])
    #expect(story.engine.counters.subjects == 1)
    #expect(story.silent(at: 100).isEmpty)
  }

  @Test("subjects that have moved to another topic can be forgotten at once, without effect on others")
  func movedAtOnce() {
    let story = Story(cpuHigh())
    story.engine.movedPrefix = Array("statusd@".utf8)
    story.at(0, 95, host: "statusd@web-1")
    story.at(0, 95, host: "web-1")
    var made: [Transition] = []
    story.engine.forgetMoved(into: &made)
    #expect(made.map(\.subject) == ["statusd@web-1"])
    #expect(made.map(\.reason) == [.forgotten])
    #expect(story.engine.counters.firing == 1)
  }

  @Test("ok resolves what fires, and says nothing where nothing does")
  func ok() {
    let story = Story(cpuHigh(noDataAfter: .seconds(30)).onSilence(.ok))
    story.at(0, 95)
    story.at(0, 10, host: "web-2")
    #expect(story.silent(at: 30) == ["30 resolved critical cpu-high/web-1 95 since 0 (no data)"])
    #expect(story.engine.counters.firing == 0)
  }

  @Test("keep does nothing")
  func keep() {
    let story = Story(cpuHigh(noDataAfter: .seconds(30)))
    story.at(0, 95)
    #expect(story.silent(at: 10_000).isEmpty)
    #expect(story.engine.nextSilence == nil)
  }

  @Test("the first value after a silence decides at once, and always says what it decided")
  func decidesAnew() {
    let rule = cpuHigh(hold: .seconds(60), keepFiringFor: .seconds(60), noDataAfter: .seconds(30))
    let story = Story(rule.onSilence(.alert))
    story.at(0, 10)
    story.silent(at: 30)
    #expect(story.at(40, 10) == ["40 resolved critical cpu-high/web-1 10 since 40"])
    story.silent(at: 100)
    #expect(story.at(110, 95) == ["110 firing critical cpu-high/web-1 95 since 110"])
    #expect(story.transitions.last?.previous == .firing)
    #expect(story.at(111, 10).isEmpty)
    let ok = Story(rule.onSilence(.ok))
    ok.each(from: 0, every: 20, [95, 95, 95, 95])
    #expect(ok.silent(at: 90) == ["90 resolved critical cpu-high/web-1 95 since 60 (no data)"])
    #expect(ok.at(100, 10) == ["100 resolved critical cpu-high/web-1 10 since 100"])
    #expect(ok.transitions.last?.previous == .inactive)
    // This silence caused no transition, so its end causes none, but a breach is reported at once.
    ok.silent(at: 200)
    #expect(ok.at(210, 10).isEmpty)
    ok.silent(at: 300)
    #expect(ok.at(310, 95) == ["310 firing critical cpu-high/web-1 95 since 310"])
  }

  @Test("silence forgets levels, timers, windows and the last N")
  func forgets() {
    let story = Story(
      cpuHigh(name: "level", critical: 90, clear: Rule.Limits(critical: 50), noDataAfter: .seconds(30)).onSilence(.ok),
      cpuHigh(name: "votes", noDataAfter: .seconds(30)).atLeast(2, of: 9).onSilence(.ok),
      cpuHigh(name: "window", critical: 2.5, noDataAfter: .seconds(30)).over(1000, .count).onSilence(.alert))
    story.each(from: 0, [95, 95])
    #expect(story.silent(at: 31).count == 3)
    #expect(
      story.at(40, 60) == [
        "40 resolved critical level/web-1 60 since 40", "40 resolved critical votes/web-1 60 since 40",
        "40 resolved critical window/web-1 1 since 40",
      ])
    #expect(story.at(41, 95) == ["41 firing critical level/web-1 95 since 41"])
    #expect(story.at(42, 95).count == 2)
  }

  @Test("whoever sends is not silent, whatever the numbers")
  func numbersAreNoSilence() {
    for ownTime in [true, false] {
      let story = Story(cpuHigh(noDataAfter: .seconds(30)).onSilence(.alert))
      story.each(from: 0, [10, 10, 10])
      story.at(3, 10) { ($0.boot, $0.sequence, $0.ownTime) = (7, 1_000_000, ownTime) }
      for second in 4..<300 {
        // Without their own times, their sequence numbers don't even rise.
        story.at(Double(second), 10) {
          ($0.boot, $0.sequence, $0.ownTime) = (7, ownTime ? Int64(second) : 5, ownTime)
        }
        #expect(story.silent(at: Double(second) + 0.5).isEmpty)
      }
    }
  }

  @Test("any record with the metric is a sign of life, also a late one, but not the last one again")
  func signs() {
    let story = Story(cpuHigh(noDataAfter: .seconds(30)).onSilence(.alert))
    story.at(100, 10, kafka: 100)
    story.at(90, 10, kafka: 120)
    #expect(story.silent(at: 130).isEmpty)
    story.at(100, 10, kafka: 140)
    #expect(story.silent(at: 150) == ["130 firing critical cpu-high/web-1 10 since 100 (no data)"])
    let other = Story(cpuHigh(noDataAfter: .seconds(30)).onSilence(.alert))
    other.at(0, 10)
    other.at(20, nil)
    other.at(20, nil) { $0.notNumbers["cpu_usage"] = .null }
    #expect(other.silent(at: 30).count == 1)
  }

  @Test("nobody is silent before the partition has been held and read to its end for as long")
  func held() {
    let story = Story(cpuHigh(noDataAfter: .seconds(30)).onSilence(.alert))
    story.at(0, 10)
    #expect(story.silent(at: 100, since: 75).isEmpty)
    #expect(story.silent(at: 104.999, since: 75).isEmpty)
    #expect(story.silent(at: 105, since: 75).count == 1)
  }

  @Test("by default no_data_after follows the producer here, too, also when it becomes faster")
  func followsProducer() {
    let story = Story(cpuHigh().onSilence(.alert))
    story.each(from: 0, every: 300, [1, 1, 1])
    #expect(story.silent(at: 1499).isEmpty)
    #expect(story.silent(at: 1500) == ["1500 firing critical cpu-high/web-1 1 since 600 (no data)"])
    let faster = Story(cpuHigh().onSilence(.alert))
    faster.each(from: 0, every: 300, [1, 1, 1])
    #expect(faster.silent(at: 700).isEmpty)
    faster.each(from: 701, [1, 1, 1, 1, 1, 1])
    #expect(faster.silent(at: 765).isEmpty)
    #expect(faster.silent(at: 766) == ["766 firing critical cpu-high/web-1 1 since 706 (no data)"])
  }

  @Test("the value of a silence is the last one that the rule looked at, or the last record's where there was none")
  func value() {
    let story = Story(cpuHigh(critical: 5, noDataAfter: .seconds(30)).over(10, .rate).onSilence(.alert))
    story.at(0, 70)
    #expect(story.silent(at: 30) == ["30 firing critical cpu-high/web-1 70 since 0 (no data)"])
    // A single sample in the window gives no value, and decides nothing.
    #expect(story.at(40, 80).isEmpty)
    #expect(story.at(41, 82) == ["41 resolved critical cpu-high/web-1 2 since 41"])
    #expect(story.silent(at: 80) == ["71 firing critical cpu-high/web-1 2 since 41 (no data)"])
  }

  @Test("a metric that comes for the first time, or again, delays nobody else's silence")
  func others() {
    var memory = cpuHigh(name: "memory-high", noDataAfter: .seconds(30)).onSilence(.alert)
    memory.metric = "memory_usage"
    let story = Story(cpuHigh(noDataAfter: .seconds(30)).onSilence(.alert), memory)
    story.at(0, 10)
    story.at(20, nil) { $0.numbers["memory_usage"] = 50 }
    #expect(story.silent(at: 30) == ["30 firing critical cpu-high/web-1 10 since 0 (no data)"])
    story.at(40, 10)
    #expect(story.silent(at: 50) == ["50 firing critical memory-high/web-1 50 since 20 (no data)"])
    story.at(65, nil) { $0.numbers["memory_usage"] = 50 }
    #expect(story.silent(at: 70) == ["70 firing critical cpu-high/web-1 10 since 40 (no data)"])
  }

  @Test("silence outlasts a change of rules; under a rule that is new to it silence is reckoned from the last sign")
  func reload() {
    let rule = cpuHigh(noDataAfter: .seconds(30)).onSilence(.alert)
    let story = Story(rule)
    story.at(0, 10)
    #expect(story.silent(at: 30).count == 1)
    story.reload(cpuHigh(hold: .seconds(100), noDataAfter: .seconds(30)).onSilence(.alert))
    #expect(story.silent(at: 90).isEmpty)
    #expect(story.at(91, 95) == ["91 firing critical cpu-high/web-1 95 since 91"])
    // Until now signs of life weren't tracked, so silence is counted from the change itself.
    let late = Story(cpuHigh(noDataAfter: .seconds(30)))
    late.at(0, 10)
    late.engine.now = 20_000
    late.reload(rule)
    #expect(late.silent(at: 49).isEmpty)
    #expect(late.silent(at: 50).count == 1)
  }

  @Test("what becomes silent is written down in the same delivery, a subject that is gone is no longer waited for")
  func urgent() {
    let story = Story(cpuHigh(noDataAfter: .seconds(30)).onSilence(.ok))
    story.at(0, 10)
    #expect(!story.engine.hasUrgentState)
    #expect(story.engine.nextSilence == 30_000)
    story.silent(at: 30)
    #expect(story.engine.hasUrgentState)
    story.at(40, 10)
    story.forget("web-1")
    #expect(story.engine.nextSilence == nil)
  }
}
