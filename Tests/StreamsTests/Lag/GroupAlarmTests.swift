import Streams
import Testing

@Suite("A group's state raises an alarm")
struct GroupAlarmTests {
  @Test("members, something readable, and no progress for half a minute: stalled")
  func stalled() {
    var story = GroupStory(at: 5, to: 10)
    #expect(story.states(6) == ["-", "ok", "ok", "stalled", "stalled", "stalled"])
    #expect(story.readings[0]["state_code"] == 2)
    #expect(story["orders"]?.text("state") == "stalled")
    #expect(story.readings[0]["progress"] == 0)
    story.set(at: 6, to: 10)
    #expect(story.round()?.text("state") == "ok")
    #expect(story.states(3) == ["ok", "ok", "stalled"])
  }

  @Test("a stall takes two rounds without progress, however long they are")
  func slowRounds() {
    var story = GroupStory(at: 5, to: 10)
    story.round(after: 60)
    #expect(story.round(after: 60)?.text("state") == "ok")
    #expect(story.round(after: 60)?.text("state") == "stalled")
  }

  @Test("no members and something readable for half a minute: stopped")
  func stopped() {
    var story = GroupStory(at: 10, to: 10)
    #expect(story.states(2) == ["-", "ok"])
    story.answer.members = 0
    story.answer.word = "Empty"
    story.answer.topics = nil
    #expect(story.states(3) == ["empty", "empty", "empty"])
    story.set(at: 10, to: 11)
    #expect(story.states(4) == ["empty", "empty", "empty", "stopped"])
    #expect(story.readings[0]["state_code"] == 3)
    #expect(story.readings[0]["members"] == 0)
  }

  @Test("a position that moves back: rewinding, in that round")
  func rewinding() {
    var story = GroupStory(at: 8, to: 10)
    story.round()
    story.set(at: 3, to: 10)
    #expect(story.round()?.text("state") == "rewinding")
    #expect(story.readings[0]["state_code"] == 4)
    #expect(story.readings[0]["progress"] == 0)
    #expect(story["orders"]?.text("state") == "rewinding")
    #expect(story.states(2) == ["ok", "ok"])
  }

  @Test("a group of unknown members that leaves something readable alone: unknown")
  func unknown() {
    var story = GroupStory(at: 8, to: 10)
    story.answer.members = 0
    story.answer.word = "Dead"
    story.answer.topics = nil
    #expect(story.states(5) == ["-", "ok", "ok", "unknown", "unknown"])
    #expect(story.readings[0]["state_code"] == 5)
    #expect(story.readings[0]["members"] == nil)
    story.set(at: 9, to: 10)
    #expect(story.states(1) == ["ok"])
  }

  @Test("one of two assigned topics lies while the other moves: that topic is stalled, the group isn't")
  func stalledTopic() {
    var story = GroupStory(at: 5, to: 10)
    story.answer.topics = ["orders", "refunds"]
    for round in 0..<6 {
      story.set("refunds", at: Int64(round), to: 10)
      #expect(story.round()?.text("state") == (round == 0 ? nil : "ok"))
    }
    #expect(story["orders"]?.text("state") == "stalled")
    #expect(story["refunds"]?.text("state") == "ok")
  }

  @Test("nobody knows the assignment, but all topics that moved before lie: stalled")
  func unknownAssignment() {
    var story = GroupStory(at: 5, to: 10)
    story.answer.topics = nil
    story.set("refunds", at: 5, to: 10)
    story.round()
    story.set(at: 6, to: 10)
    story.round()
    story.set("refunds", at: 6, to: 10)
    story.round()
    #expect(story.states(4) == ["ok", "ok", "stalled", "stalled"])
    #expect(story["orders"]?.text("state") == "stalled")
    #expect(story["refunds"]?.text("state") == "stalled")
  }

  @Test("a successor knows how long a group has been stalled, and says so in its second round")
  func stallSurvivesHandover() throws {
    var story = GroupStory(at: 5, to: 10)
    #expect(story.states(4).last == "stalled")
    try story.handOver()
    #expect(story.states(2) == ["-", "stalled"])
    #expect(story.questions.dropFirst() == [0, 0, 0, 0, 0])
  }

  @Test("another patience")
  func patience() {
    var story = GroupStory("billing", stalledAfter: 60_000)
    story.set(at: 5, to: 10)
    #expect(story.states(8) == ["-", "ok", "ok", "ok", "ok", "ok", "stalled", "stalled"])
  }
}
