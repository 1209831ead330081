import Records
import Streams
import TestRandom
import Testing

@Suite("A group's meter takes any input")
struct GroupEdgeTests {
  private static let key: [UInt8] = Array("key".utf8)
  private static let extremes: [Int64] = [
    .min, .min + 1, -1001, -1, 0, 1, 1_000_000, 9_007_199_254_740_993, .max - 1, .max,
  ]

  private static func copy(_ state: GroupState) throws -> GroupState {
    var writer = BinaryWriter()
    return try key.withUnsafeBytes { key in
      state.write(to: &writer, key: key)
      return try writer.bytes.withUnsafeBytes { try GroupState($0, key: key) }
    }
  }

  private static func answer(_ random: inout SeededRandom) -> GroupAnswer {
    func number() -> Int64 {
      random.once(in: 4) ? Int64(truncatingIfNeeded: random.next()) : random.pick(extremes)
    }
    func maybe() -> Int64? { random.once(in: 5) ? nil : number() }
    var lanes: [GroupAnswer.Lane] = []
    for _ in 0..<random.below(6) {
      let first: GroupAnswer.FirstRecord =
        random.pick([.unknown, .refused, .nothing(before: number()), .record(time: number())])
      lanes.append(
        .init(
          StreamPartition(random.pick(["a", "b", ""]), random.pick([.min, -1, 0, 1, .max])), committed: maybe(),
          logStart: maybe(), highWatermark: maybe(), lastStable: maybe(), firstRecord: first))
    }
    return GroupAnswer(
      lanes: lanes, members: random.pick([nil, Int.min, -1, 0, 1, Int.max]),
      word: random.pick([nil, "Stable", "Empty", "Dead", "é"]), topics: random.pick([nil, [], ["a"], ["a", "b"]]))
  }

  @Test("extreme numbers trap nowhere, and each state survives its record", arguments: 0..<20 as Range<UInt64>)
  func extremes(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var meter = GroupMeter("g", stalledAfter: random.pick(Self.extremes))
    for _ in 0..<500 {
      let answer = Self.answer(&random)
      let limit = random.pick([Int.min, 0, 1, 3, Int.max])
      let questions = meter.questions(about: answer, at: random.pick(Self.extremes), limit: limit)
      #expect(questions.count <= max(0, limit))
      #expect(questions.allSatisfy { $0.offset >= 0 })
      for reading in meter.tell(answer, at: random.pick(Self.extremes)) {
        #expect(reading.numbers.allSatisfy { $0.value >= 0 && $0.value.isFinite }, "seed \(seed)")
        #expect(Set(reading.numbers.map(\.name)).count == reading.numbers.count)
      }
      let copy = try Self.copy(meter.state)
      #expect(copy == meter.state, "seed \(seed)")
      if random.once(in: 10) { meter = GroupMeter("g", state: copy) }
    }
  }

  @Test("lag and progress at the end of the range")
  func range() {
    var meter = GroupMeter("g")
    func lanes(at position: Int64) -> [GroupAnswer.Lane] {
      (0..<3 as Range<Int32>).map {
        .init(
          StreamPartition("t", $0), committed: position, logStart: 0, highWatermark: .max,
          firstRecord: .record(time: 0))
      }
    }
    let first = meter.tell(GroupAnswer(lanes: lanes(at: 0)), at: 0)
    #expect(first[0]["lag"] == Double(Int64.max))
    let second = meter.tell(GroupAnswer(lanes: lanes(at: .max)), at: .max)
    #expect(second[0]["progress"] == Double(Int64.max))
    #expect(second[0]["lag"] == 0)
    let third = meter.tell(GroupAnswer(lanes: lanes(at: .max - 1_000_000)), at: .max)
    #expect(third[0]["lag"] == 3_000_000)
    #expect(third[0].text("state") == "rewinding")
  }

  @Test("any bytes are a state or a problem, and each state goes on", arguments: 0..<20 as Range<UInt64>)
  func bytes(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var meter = GroupMeter("g")
    var read = 0
    for _ in 0..<500 {
      _ = meter.tell(Self.answer(&random), at: random.pick(Self.extremes))
      var writer = BinaryWriter()
      Self.key.withUnsafeBytes { meter.state.write(to: &writer, key: $0) }
      let broken = random.broken(Array(writer.bytes.dropLast(4)), with: [[0], [1], [0xFF], [0x80, 1]])
      var sealed = BinaryWriter()
      sealed.raw(broken)
      Self.key.withUnsafeBytes { sealed.seal(for: $0) }
      let state = Self.key.withUnsafeBytes { key in sealed.bytes.withUnsafeBytes { try? GroupState($0, key: key) } }
      guard let state else { continue }
      read += 1
      #expect(try Self.copy(state) == state)
      var other = GroupMeter("g", state: state)
      let answer = Self.answer(&random)
      _ = other.questions(about: answer, at: random.pick(Self.extremes))
      _ = other.tell(answer, at: random.pick(Self.extremes))
    }
    #expect(read > 0)
  }

  @Test("a group of very many partitions has a record that brokers take")
  func greatestRecord() throws {
    var meter = GroupMeter("g")
    let lanes = (0..<30_000 as Range<Int32>).map {
      GroupAnswer.Lane(
        StreamPartition("t\($0 / 100)", $0 % 100), committed: 1 << 60, logStart: 0, highWatermark: 1 << 61,
        firstRecord: .record(time: 0))
    }
    _ = meter.tell(GroupAnswer(lanes: lanes), at: 1_800_000_000_000)
    var writer = BinaryWriter()
    Self.key.withUnsafeBytes { meter.state.write(to: &writer, key: $0) }
    #expect(300_000...(512 << 10) + 4 ~= writer.bytes.count)
    var other = GroupMeter("g", state: try Self.copy(meter.state))
    _ = other.tell(GroupAnswer(lanes: lanes), at: 1_800_000_010_000)
    #expect(other.tell(GroupAnswer(lanes: lanes), at: 1_800_000_020_000)[0].text("state") == "ok")
    #expect(other.state.told == 1_800_000_020_000)
  }

  @Test("a state under another key, or cut, isn't taken")
  func seal() throws {
    var story = GroupStory(at: 5, to: 10)
    story.round()
    var writer = BinaryWriter()
    Self.key.withUnsafeBytes { story.meter.state.write(to: &writer, key: $0) }
    let bytes = writer.bytes
    #expect(bytes.count < 60)
    #expect(throws: ChangelogProblem.seal) {
      _ = try Array("other".utf8).withUnsafeBytes { key in
        try bytes.withUnsafeBytes { try GroupState($0, key: key) }
      }
    }
    for count in bytes.indices {
      #expect(throws: ChangelogProblem.self) {
        _ = try Self.key.withUnsafeBytes { key in
          try bytes.prefix(count).withUnsafeBytes { try GroupState($0, key: key) }
        }
      }
    }
  }
}
