import Records
import Testing

@testable import Rules

/// Checkpoints outlive the rules under which they were written. Each story writes its checkpoints, changes its rules,
/// and delivers only what the change requires. A restored engine must then be like the one that went on.
@Suite("Old checkpoints under other rules")
struct RuleChangeRestoreTests {
  private struct Kept {
    let story: Story
    var keeper = Keeper()
    private var before: [[UInt8]: [UInt8]]

    /// Begins with three hosts: one fires critical, one warning, one is quiet.
    init(_ rules: [Rule]) {
      story = Story(rules)
      for (host, value) in [("web-1", 95.0), ("web-2", 85), ("db-1", 10)] {
        for second in 0...2 {
          story.at(Double(second), value, host: host) { $0.numbers["memory_usage"] = value }
        }
      }
      keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
      before = keeper.records
    }

    mutating func reload(_ rules: [Rule]) {
      story.reload(rules)
      keeper.deliver(story.engine, position: story.offset)
    }

    /// Expects that the restored engine has the same state as the one that went on, and keeps it. Returns the hosts
    /// whose checkpoints the rule changes wrote.
    func check(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
      let restored = try keeper.restored()
      restored.finishReplay(keeper.marker)
      #expect(restored.image() == story.engine.image(), sourceLocation: sourceLocation)
      #expect(restored.counters.firing == story.engine.counters.firing, sourceLocation: sourceLocation)
      #expect(restored.counters.pending == story.engine.counters.pending, sourceLocation: sourceLocation)
      let plan = restored.rules.plan
      for (index, value) in [95.0, 10, 85, 99].enumerated() {
        for host in ["web-1", "web-2", "db-1"] {
          var record = PlainRecord(host: host, time: 3000 + Int64(index) * 1000, kafkaTime: 0)
          record.numbers = ["cpu_usage": value, "memory_usage": value]
          var (a, b): ([Transition], [Transition]) = ([], [])
          PlainView.with(record, plan) { restored.apply(record: $0, offset: 100 + Int64(index), into: &a) }
          PlainView.with(record, plan) { story.engine.apply(record: $0, offset: 100 + Int64(index), into: &b) }
          #expect(a == b, sourceLocation: sourceLocation)
        }
      }
      return ["web-1", "web-2", "db-1"].filter { keeper.checkpoint(of: $0) != before[Keeper.key(of: $0)] }
    }
  }

  private let both = cpuHigh(warning: 80, critical: 90, keepFiringFor: .seconds(2))
  private let other = cpuHigh(name: "other", critical: 50, hold: .seconds(5))

  @Test("under the same rules nothing is written again")
  func same() throws {
    var kept = Kept([both, other])
    kept.reload([both, other])
    #expect(try kept.check() == [])
  }

  @Test("a rule that was removed is left out")
  func removed() throws {
    var kept = Kept([both, other])
    kept.reload([other])
    #expect(try kept.check() == [])
  }

  @Test("a rule that was removed and added again begins anew")
  func removedAndAdded() throws {
    var kept = Kept([both, other])
    kept.reload([other])
    kept.reload([both, other])
    #expect(try kept.check() == [])
  }

  @Test("a rule that watches another metric, and then the old one again, begins anew")
  func metricChanged() throws {
    var memory = both
    memory.metric = "memory_usage"
    var kept = Kept([both, other])
    kept.reload([memory, other])
    kept.reload([both, other])
    #expect(try kept.check() == [])
  }

  @Test("a change of limits and order doesn't end a life, and writes nothing")
  func limitsChanged() throws {
    var kept = Kept([both, other])
    kept.reload([other, cpuHigh(warning: 82, critical: 99, keepFiringFor: .seconds(1))])
    #expect(try kept.check() == [])
  }

  @Test("removing and adding a level again writes the subjects that had it")
  func levelGone() throws {
    var kept = Kept([both, other])
    kept.reload([cpuHigh(critical: 90, keepFiringFor: .seconds(2)), other])
    kept.reload([both, other])
    #expect(try kept.check() == ["web-1", "web-2"])
  }

  @Test("narrowing and widening a match on host writes the subjects that it excluded")
  func matchNarrowed() throws {
    var narrow = both
    narrow.match = [Rule.Match(field: "host", glob: "web-1")]
    var kept = Kept([both, other])
    kept.reload([narrow, other])
    kept.reload([both, other])
    #expect(try kept.check() == ["web-2", "db-1"])
  }

  @Test("tracks that separate twice are restored with their common samples")
  func trackParts() throws {
    var kept = Kept([both, other, cpuHigh(name: "third", critical: 60)])
    var narrow = other
    narrow.match = [Rule.Match(field: "host", glob: "web-*")]
    kept.reload([both, narrow, cpuHigh(name: "third", critical: 60)])
    var third = cpuHigh(name: "third", critical: 60)
    third.match = [Rule.Match(field: "host", glob: "*-1")]
    kept.reload([third, both, narrow])
    #expect(try kept.check() == ["web-2", "db-1"])
  }

  @Test("a new rule beside an old one on the same metric has its own past, even after a restart")
  func newBesideOld() throws {
    var kept = Kept([both])
    kept.reload([both, other])
    #expect(try kept.check() == [])
  }

  @Test("a later rule change doesn't revive state that an earlier one ended")
  func chain() throws {
    var kept = Kept([both, other])
    kept.reload([other])
    kept.reload([cpuHigh(critical: 10, side: .below)])
    kept.reload([both])
    kept.reload([both, other])
    #expect(try kept.check() == [])
  }

  @Test("after a topic is deleted and created again, series go on, and old checkpoints cover none of its records")
  func epochs() throws {
    let kept = Kept([both, other])
    var keeper = kept.keeper
    kept.story.at(3, 50)
    kept.story.engine.beginEpoch()
    keeper.deliver(kept.story.engine, position: 0)
    let restored = try keeper.restored()
    #expect(restored.highestCovered == 0)
    #expect(restored.image() == kept.story.engine.image())
    var record = PlainRecord(host: "web-1", time: 9000, kafkaTime: 0)
    record.numbers["cpu_usage"] = 1
    PlainView.with(record, restored.rules.plan) { restored.replay(record: $0, offset: 0) }
    #expect(restored.image() != kept.story.engine.image(), "it isn't covered")
  }
}
