import Streams
import Testing

@Suite("A group's state stays quiet when groups, logs and meters come and go")
struct GroupLifeTests {
  @Test("a group that is new, and its first commits")
  func new() {
    var story = GroupStory()
    #expect(story.states(2) == ["-", "ok"])
    story.set(at: nil, to: 50)
    #expect(story.states(6) == Array(repeating: "ok", count: 6))
    #expect(story.readings.count == 1)
    #expect(story.readings[0]["lag"] == nil)
    story.set(at: 40, to: 50)
    // Nobody knows where it began.
    #expect(story.round()?.text("state") == nil)
    #expect(story.readings[0]["progress"] == nil)
    #expect(story.round()?.text("state") == "ok")
    #expect(story.readings[0]["progress"] == 0)
  }

  @Test("a group that is deleted tells nothing, and may begin anew anywhere")
  func deleted() {
    var story = GroupStory(at: 9, to: 10)
    for _ in 0..<3 { story.round() }
    let lanes = story.answer.lanes
    story.answer = GroupAnswer(lanes: [], members: 0, word: "Dead")
    #expect(story.round() == nil)
    story.answer = GroupAnswer(lanes: lanes, members: 1, word: "Stable", topics: ["orders"])
    story.set(at: 2, to: 10)
    #expect(story.states(2) == ["-", "ok"])
  }

  @Test("a topic that was created anew, or cut: offsets don't mean what they meant")
  func otherLog() {
    var story = GroupStory(at: 500, to: 1000)
    story.round()
    story.set(at: 3, to: 10)
    #expect(story.round()?.text("state") == "ok")
    #expect(story.readings[0]["progress"] == 0)
    // After an election a high watermark may lag for a moment.
    story.set(at: 10, to: 10)
    story.round()
    story.set(at: 10, to: 8)
    #expect(story.round()?.text("state") == "ok")
    #expect(story.readings[0]["lag"] == 0)
    story.set(at: 8, to: 8)
    #expect(story.round()?.text("state") == "ok")
  }

  @Test("a handover: progress and state are left out once")
  func handover() throws {
    var story = GroupStory(at: 5, to: 10)
    story.round()
    try story.handOver()
    story.set(at: 3, to: 10)
    #expect(story.round()?.text("state") == nil)
    for name in ["state_code", "progress", "interval_ms"] { #expect(story.readings.allSatisfy { $0[name] == nil }) }
    #expect(story.readings[0]["lag"] == 7)
    story.set(at: 6, to: 10)
    #expect(story.round()?.text("state") == "ok")
    #expect(story.readings[0]["progress"] == 3)
    #expect(story.readings[0]["interval_ms"] == 10_000)
  }

  @Test("a partition's first commit during a handover is progress")
  func firstCommit() throws {
    var story = GroupStory(at: 5, to: 10)
    #expect(story.states(4).last == "stalled")
    try story.handOver()
    story.set("orders", 1, at: 3, to: 4)
    #expect(story.states(3) == ["-", "ok", "ok"])
  }
}
