import Streams
import Testing

@Suite("A group's state stays quiet")
struct GroupQuietTests {
  private let quiet = ["-"] + Array(repeating: "ok", count: 7)

  @Test("transaction markers at the end of a topic are lag, but nothing to read")
  func markers() {
    var story = GroupStory(at: 10, to: 10)
    story.set(at: 10, to: 12, hasRecords: false)
    #expect(story.states(8) == quiet)
    #expect(story.readings[0]["lag"] == 2)
    #expect(story.readings[0]["lag_seconds"] == 0)
    #expect(story.questions.reduce(0, +) == 1)
  }

  @Test("holes that compaction left are nothing to read")
  func holes() {
    var story = GroupStory()
    story.set(at: 3, from: 0, to: 100, hasRecords: false)
    #expect(story.states(8) == quiet)
    #expect(story.readings[0]["lag"] == 97)
    #expect(story.readings[0]["lag_seconds"] == 0)
    // The first record that is there has its own age.
    story.records[StreamPartition("orders", 0)] = [100: story.now]
    story.set(at: 3, from: 0, to: 101, hasRecords: false)
    #expect(story.states(4) == ["ok", "ok", "ok", "stalled"])
    #expect(story.readings[0]["lag_seconds"] == 40)
  }

  @Test("nobody reads beyond an open transaction")
  func openTransaction() {
    var story = GroupStory()
    story.set(at: 10, to: 50, stable: 10)
    #expect(story.states(8) == quiet)
    #expect(story.readings[0]["lag"] == 40)
    #expect(story.readings[0]["lag_seconds"] == 0)
    #expect(story.questions.reduce(0, +) == 0)
  }

  @Test("a topic that nobody writes to is no stall")
  func idle() {
    var story = GroupStory(at: 10, to: 10)
    #expect(story.states(8) == quiet)
    #expect(story.readings[0]["lag"] == 0)
    #expect(story.readings[0]["lag_seconds"] == 0)
    story.answer.members = 0
    #expect(story.states(8) == Array(repeating: "empty", count: 8))
  }

  @Test("a position below the log's start counts as the start, where a consumer would begin")
  func belowStart() {
    var story = GroupStory(at: 5, from: 100, to: 100)
    #expect(story.states(8) == quiet)
    #expect(story.readings[0]["lag"] == 0)
    // Retention takes what the group has left behind, and it resets to the start: nothing was consumed.
    story.set(at: 100, from: 100, to: 103)
    #expect(story.round()?["progress"] == 0)
    #expect(story.readings[0]["lag"] == 3)
    #expect(story.readings[0].text("state") == "ok")
    story.set(at: 60, from: 100, to: 103)
    #expect(story.round()?.text("state") == "ok")
  }

  @Test("a topic that an assigned group has left only counts in lag")
  func left() {
    var story = GroupStory(at: 10, to: 10)
    for round in 0..<8 as Range<Int64> {
      story.set("past", at: 5, to: 20 + round)
      story.round()
      #expect(story.readings[0].text("state") == (round == 0 ? nil : "ok"))
      #expect(story["past"]?.text("state") == nil)
      #expect(story["past"]?["lag_seconds"] == nil)
      #expect(story.readings[0]["lag_seconds"] == 0)
      #expect(story.readings[0]["lag"] == Double(15 + round))
      #expect(story["past"]?["lag"] == Double(15 + round))
    }
    // What it left doesn't stop, either.
    story.answer.members = 0
    story.answer.word = "Empty"
    story.answer.topics = nil
    #expect(story.states(8) == Array(repeating: "empty", count: 8))
  }

  @Test("a topic that lies while the group goes on elsewhere is left, where nobody knows the assignment")
  func passed() {
    var story = GroupStory(at: 0, to: 100)
    story.answer.topics = nil
    story.set("past", at: 5, to: 20)
    for round in 1...8 as ClosedRange<Int64> {
      story.set(at: round, to: 100)
      story.round()
    }
    #expect(story["past"]?.text("state") == "ok")
    story.set(at: 100, to: 100)
    #expect(story.states(8) == Array(repeating: "ok", count: 8))
    #expect(story["past"]?.text("state") == "ok")
    // Its age is told: it may be a stall.
    #expect((story["past"]?["lag_seconds"] ?? 0) > 0)
  }

  @Test("a group that is busy elsewhere every now and then isn't stalled, where nobody knows the assignment")
  func busyElsewhere() {
    var story = GroupStory(at: 5, to: 100)
    story.answer.topics = nil
    story.set("refunds", at: 5, to: 100)
    story.round()
    story.set(at: 6, to: 100)
    for round in 0..<8 as Range<Int64> {
      if round % 2 == 0 { story.set("refunds", at: 10 + round, to: 100) }
      story.round()
      #expect(story.readings.allSatisfy { $0.text("state") == "ok" })
    }
  }

  @Test("a topic that a group with members was never seen to consume isn't its stall")
  func neverMoved() {
    var story = GroupStory(at: 5, of: "past", to: 20)
    story.answer.topics = nil
    #expect(story.states(8) == quiet)
  }

  @Test("a consumer that commits every 20 s isn't stalled between its commits")
  func slowCommits() {
    var story = GroupStory(at: 0, to: 0)
    for round in 0..<20 as Range<Int64> {
      story.set(at: round / 2 * 10, to: round * 10 + 7)
      #expect(story.round()?.text("state") == (round == 0 ? nil : "ok"))
    }
  }

  @Test("a restart of all consumers within 20 s stops nothing")
  func restart() {
    var story = GroupStory(at: 5, to: 20)
    story.round()
    story.set(at: 10, to: 30)
    story.round()
    story.answer.members = 0
    story.answer.word = "Empty"
    #expect(story.states(2) == ["empty", "empty"])
    story.answer.members = 2
    story.answer.word = "Stable"
    story.set(at: 25, to: 30)
    #expect(story.states(1) == ["ok"])
  }

  @Test("a consumer that commits without being a member is no stopped group")
  func simpleConsumer() {
    var story = GroupStory(at: 0, to: 100)
    story.answer.members = 0
    story.answer.word = "Empty"
    for round in 1...8 as ClosedRange<Int64> {
      story.set(at: round, to: 100 + round)
      #expect(story.round()?.text("state") == (round == 1 ? nil : "ok"))
    }
  }

  @Test("a group of the new protocol is told by its progress alone")
  func newProtocol() {
    var story = GroupStory(at: 0, to: 100)
    story.answer = GroupAnswer(lanes: story.answer.lanes, members: 0, word: "Dead")
    for round in 1...8 as ClosedRange<Int64> {
      story.set(at: round, to: 100 + round)
      #expect(story.round()?.text("state") == (round == 1 ? nil : "ok"))
    }
    story.set(at: 108, to: 108)
    #expect(story.states(8) == Array(repeating: "ok", count: 8))
  }

  @Test("without the right to read a topic there is lag, and nothing else is claimed")
  func refused() {
    var story = GroupStory(at: 5, to: 10)
    story.refused = ["orders"]
    #expect(story.states(10) == Array(repeating: "-", count: 10))
    for reading in story.readings {
      #expect(reading.numbers.map(\.name) == ["lag", "lag_max", "members", "partitions", "partitions_missing"])
      #expect(reading["lag"] == 5)
    }
    // It is asked again once a minute, also while the position moves.
    #expect(story.questions.reduce(0, +) == 2)
    story.refused = []
    story.set(at: 6, to: 10)
    #expect(story.states(4).last == "ok")
    #expect(story.readings[0]["lag_seconds"] != nil)
  }

  @Test("a partition whose leader gives no answer isn't the group's fault")
  func noLeader() {
    var story = GroupStory(at: 5, to: 10)
    story.set("orders", 1, at: 10, to: 10)
    story.round()
    story.answer.lanes[0].highWatermark = nil
    #expect(story.states(8) == Array(repeating: "ok", count: 8))
    #expect(story.readings[0]["partitions_missing"] == 1)
    #expect(story.readings[0]["partitions"] == 2)
    #expect(story.readings[0]["lag"] == nil)
    #expect(story.readings[0]["lag_seconds"] == nil)
    #expect(story.readings[0]["progress"] == 0)
  }
}
