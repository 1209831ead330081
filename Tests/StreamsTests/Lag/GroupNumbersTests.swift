import JSON
import Records
import Streams
import TestRandom
import Testing

@Suite("A group's numbers")
struct GroupNumbersTests {
  @Test("a reading is a record with the state as a word after the kind")
  func encoding() {
    var story = GroupStory(at: 5, to: 10)
    story.round()
    story.set(at: 7, to: 12)
    story.round()
    var writer = Writer()
    story["orders"]?.encode(into: &writer)
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == #"{"timestamp":"2027-01-15T08:00:20.000Z","host":"group/billing/orders","kind":"group-topic","state":"ok","#
        + #""lag":5,"lag_max":5,"lag_seconds":22,"progress":2,"members":1,"state_code":0,"partitions":1,"#
        + #""partitions_missing":0,"interval_ms":10000}"#)
    #expect(story.readings.map(\.subject) == ["group/billing", "group/billing/orders"])
    #expect(story.readings.map(\.kind) == ["group", "group-topic"])
  }

  @Test("a record's time is asked for once, until the position moves")
  func questions() {
    var story = GroupStory(at: 5, to: 10)
    for _ in 0..<5 { story.round() }
    #expect(story.questions == [1, 0, 0, 0, 0])
    story.set(at: 6, to: 12)
    story.round()
    story.round()
    #expect(story.questions.suffix(2) == [1, 0])
    for _ in 0..<60 { story.round() }
    #expect(story.questions.suffix(60).reduce(0, +) == 2)
  }

  @Test("a round asks for no more records than it may, those first that weren't asked for longest")
  func bound() {
    var meter = GroupMeter("g")
    var counts: [Int32: Int] = [:]
    for round in 1...20 as ClosedRange<Int64> {
      let lanes = (0..<10 as Range<Int32>).map {
        GroupAnswer.Lane(StreamPartition("t", $0), committed: round, logStart: 0, highWatermark: 1000)
      }
      let answer = GroupAnswer(lanes: lanes)
      let asked = meter.questions(about: answer, at: round * 10_000, limit: 3)
      #expect(asked.count == 3)
      for question in asked { counts[question.partition.number, default: 0] += 1 }
      #expect(meter.tell(answer, at: round * 10_000).allSatisfy { $0["lag_seconds"] == nil })
    }
    #expect(counts.count == 10)
    #expect(counts.values.allSatisfy { 5...7 ~= $0 })
    #expect(meter.questions(about: GroupAnswer(lanes: []), at: 0, limit: -1).isEmpty)
  }

  @Test("an age is never negative, and left out if a record has no time")
  func ages() {
    var meter = GroupMeter("g")
    func age(of time: Int64) -> Double? {
      let lane = GroupAnswer.Lane(
        StreamPartition("t", 0), committed: 1, logStart: 0, highWatermark: 5, firstRecord: .record(time: time))
      return meter.tell(GroupAnswer(lanes: [lane]), at: 100_000)[0]["lag_seconds"]
    }
    #expect(age(of: 99_500) == 0.5)
    #expect(age(of: 100_500) == 0)
    #expect(age(of: .max) == 0)
    #expect(age(of: -1) == nil)
    #expect(age(of: .min) == nil)
  }

  @Test("who looked only part of the way doesn't know the age, and is asked again")
  func halfTheWay() {
    var meter = GroupMeter("g")
    var lane = GroupAnswer.Lane(
      StreamPartition("t", 0), committed: 1, logStart: 0, highWatermark: 500, firstRecord: .nothing(before: 300))
    #expect(meter.tell(GroupAnswer(lanes: [lane]), at: 10_000)[0]["lag_seconds"] == nil)
    lane.firstRecord = .unknown
    #expect(meter.questions(about: GroupAnswer(lanes: [lane]), at: 20_000).map(\.offset) == [1])
    lane.firstRecord = .nothing(before: 500)
    #expect(meter.tell(GroupAnswer(lanes: [lane]), at: 20_000)[0]["lag_seconds"] == 0)
  }

  @Test("parts of subjects are escaped, and long ones stay apart")
  func subjects() {
    func subjects(_ group: String, _ topic: String) -> [String] {
      var story = GroupStory(group)
      story.set(topic, at: 1, to: 1)
      story.round()
      return story.readings.map(\.subject)
    }
    #expect(subjects("a/b%", "t") == ["group/a%2Fb%25", "group/a%2Fb%25/t"])
    #expect(subjects("a\n\u{85}é", "t")[0] == "group/a%0A%C2%85é")
    let long = subjects(String(repeating: "é", count: 400), "t")
    #expect(Set(long).count == 2)
    #expect(long.allSatisfy { $0.utf8.count <= 255 && $0.hasPrefix("group/éé") })
    #expect(Set(long + subjects(String(repeating: "é", count: 400), "u")).count == 3)
  }
}

@Suite("Comparison of a group's numbers with plain sums")
struct GroupOracleTests {
  /// A partition as it is.
  private struct Log {
    var start: Int64 = 0
    /// For each offset the record's time, nil for a marker.
    var times: [Int64?] = []
    var committed: Int64?
    /// The position of the last round, if there was one.
    var before: (committed: Int64, start: Int64)?

    var position: Int64? { committed.map { max($0, start) } }
    var lag: Int64? { position.map { max(0, Int64(times.count) - $0) } }
    var oldest: Int64? { position.flatMap { times.dropFirst(Int($0)).compactMap { $0 }.first } }
  }

  @Test("lag, its greatest, its age and progress are those of the logs", arguments: 0..<150 as Range<UInt64>)
  func numbers(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var story = GroupStory()
    var logs = Array(repeating: Log(), count: 1 + random.below(4))
    var isFirst = true
    for round in 0..<80 {
      if random.once(in: 15) {
        try story.handOver()
        isFirst = true
      }
      story.now += Int64(random.below(3))
      for index in logs.indices { change(&logs[index], &random, now: story.now) }
      story.answer.lanes = []
      story.records = [:]
      for (index, log) in logs.enumerated() {
        story.set(
          "orders", Int32(index), at: log.committed, from: log.start, to: Int64(log.times.count), hasRecords: false)
        for (offset, time) in log.times.enumerated() where time != nil {
          story.records[StreamPartition("orders", Int32(index)), default: [:]][Int64(offset)] = time
        }
      }
      let reading = story.round()
      let lags = logs.compactMap(\.lag)
      let oldest = logs.compactMap(\.oldest).min()
      let age = oldest.map { Double(story.now - $0) / 1000 } ?? 0
      var progress: Int64 = 0
      var compared = 0
      for log in logs {
        guard let committed = log.committed, let before = log.before else { continue }
        compared += 1
        progress += max(0, committed - max(before.committed, before.start))
      }
      #expect(reading?["lag"] == (lags.isEmpty ? nil : Double(lags.reduce(0, +))), "seed \(seed), round \(round)")
      #expect(reading?["lag_max"] == lags.max().map { Double($0) }, "seed \(seed), round \(round)")
      #expect(reading?["lag_seconds"] == (lags.isEmpty ? nil : age), "seed \(seed), round \(round)")
      let expected = isFirst || compared == 0 ? nil : Double(progress)
      #expect(reading?["progress"] == expected, "seed \(seed), round \(round)")
      for index in logs.indices {
        logs[index].before = logs[index].committed.map { ($0, logs[index].start) }
      }
      isFirst = false
    }
  }

  private func change(_ log: inout Log, _ random: inout SeededRandom, now: Int64) {
    for _ in 0..<random.below(4) { log.times.append(random.once(in: 3) ? nil : now) }
    let end = Int64(log.times.count)
    if random.once(in: 6) { log.start = min(end, log.start + Int64(random.below(5))) }
    switch random.below(8) {
    case 0...3: log.committed = min(end, (log.committed ?? log.start) + Int64(random.below(4)))
    case 4: log.committed = end
    case 5 where random.once(in: 4): log.committed = Int64(random.below(Int(end) + 1))
    case 6 where random.once(in: 8): log.committed = nil
    default: break
    }
  }
}
