import JSON
import Platform
import Records
import Streams
import TestRandom

/// States of streams and of consumer groups whose seal is right and whose contents aren't.
///
/// What must hold: nothing ends the process; a state that is taken is the same after it was written again; a meter that
/// goes on with it tells readings that are JSON.
struct StreamStateArena: Arena {
  static let name = "stream-states"
  private static let key: [UInt8] = Array("key".utf8)
  private static let start: Int64 = 1_795_176_000_000

  private let definition: StreamDefinition
  private let stream: [UInt8]
  private let group: [UInt8]

  init() throws {
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    definition.division = .key
    definition.distincts = [.init(name: "hosts", field: "host", over: .seconds(5))]
    self.definition = definition
    let lanes: [StreamState.Lane] = [
      .init(partition: StreamPartition("t", 0), position: 1000, reread: 900),
      .init(partition: StreamPartition("t", 1), position: 7, isMissing: true),
      .init(partition: StreamPartition("u", 0), position: 0),
    ]
    let values = [Array("a".utf8): Self.start, Array("bcd".utf8): Self.start - 70_000]
    let state = StreamState(
      definition: StreamState.hash(of: definition), told: Self.start, lastRecord: Self.start - 500,
      wholeFrom: Self.start - 5000, values: values, lanes: lanes)
    stream = Self.written { state.write(to: &$0, key: $1) }
    var random = SeededRandom(seed: 1)
    var meter = GroupMeter("g")
    for round in 0..<3 { _ = meter.tell(Self.answer(&random, isSane: true), at: Self.start + Int64(round) * 10_000) }
    group = Self.written { meter.state.write(to: &$0, key: $1) }
  }

  mutating func run(_ random: inout SeededRandom) throws -> String? {
    random.once(in: 2) ? tryStream(&random) : tryGroup(&random)
  }

  // MARK: Streams

  private func tryStream(_ random: inout SeededRandom) -> String? {
    let bytes = Self.damaged(stream, &random)
    guard let state = Self.read(bytes, { try? StreamState($0, key: $1) }) else { return nil }
    let again = Self.written { state.write(to: &$0, key: $1) }
    guard let second = Self.read(again, { try? StreamState($0, key: $1) }), second == state else {
      return "a state of a stream is another after it was written: \(Fuzz.shown(bytes))"
    }
    var meter = StreamMeter(definition, state)
    var clock = state.told
    for step in 0..<20 {
      clock += Int64(random.pick([0, 900, 3000]))
      for (lane, place) in meter.positions.enumerated() {
        let offset = random.pick([place.offset, place.offset, place.offset &+ 1, 0, .max])
        switch random.below(6) {
        case 0: meter.ends(lane: lane, at: random.pick([offset, max(1, offset) - 1, .max]), clock: clock)
        case 1: meter.lose(lane: lane, upTo: offset)
        case 2: meter.reach(lane: lane, offset: offset)
        case 3: meter.isMissing(place.partition)
        case 4 where step % 5 == 0: meter.restart(lane: lane, at: max(0, offset))
        default:
          meter.receive(
            lane: lane, offset: max(0, offset), kafkaTime: random.pick([clock, clock - 5000, .max, .min]),
            notLaterThan: clock, bytes: 7, facts: RecordFacts(for: definition))
        }
      }
      for reading in meter.tell(clock: clock, limit: 10) {
        if !Self.isJSON(reading) { return "a reading isn't JSON: \(reading), after \(Fuzz.shown(bytes))" }
      }
    }
    _ = Self.written { meter.state.write(to: &$0, key: $1) }
    return nil
  }

  // MARK: Groups

  private func tryGroup(_ random: inout SeededRandom) -> String? {
    let bytes = Self.damaged(group, &random)
    guard let state = Self.read(bytes, { try? GroupState($0, key: $1) }) else { return nil }
    let again = Self.written { state.write(to: &$0, key: $1) }
    guard let second = Self.read(again, { try? GroupState($0, key: $1) }), second == state else {
      return "a state of a group is another after it was written: \(Fuzz.shown(bytes))"
    }
    var meter = GroupMeter("g", state: state)
    for round in 0..<4 {
      let time = random.pick([Self.start + Int64(round) * 10_000, .max, .min, 0])
      let answer = Self.answer(&random, isSane: false)
      _ = meter.questions(about: answer, at: time, limit: random.pick([0, 2, 500]))
      for reading in meter.tell(answer, at: time) {
        if !Self.isJSON(reading) { return "a reading isn't JSON: \(reading), after \(Fuzz.shown(bytes))" }
      }
    }
    return nil
  }

  private static func answer(_ random: inout SeededRandom, isSane: Bool) -> GroupAnswer {
    func number(_ random: inout SeededRandom) -> Int64? {
      let sane = Int64(random.below(1000))
      return isSane ? sane : random.pick([nil, sane, -1, .min, .max, .max - 1])
    }
    let lanes = (0..<4).map { place in
      GroupAnswer.Lane(
        StreamPartition(place % 2 == 0 ? "t" : "u", Int32(place)), committed: number(&random),
        logStart: isSane ? 0 : number(&random), highWatermark: isSane ? 1000 : number(&random),
        lastStable: isSane ? nil : number(&random),
        firstRecord: random.pick([
          .unknown, .refused, .nothing(before: number(&random) ?? 0), .record(time: number(&random) ?? 0),
        ]))
    }
    return GroupAnswer(
      lanes: lanes, members: random.pick([nil, 0, 3, isSane ? 1 : -1]), word: random.pick([nil, "Stable", "Dead", ""]),
      topics: random.pick([nil, [], ["t"], ["t", "u", "v"]]))
  }

  // MARK: Bytes

  private static func isJSON(_ reading: StreamReading) -> Bool {
    var writer = Writer()
    reading.encode(into: &writer)
    return StreamArena.isObject(writer.bytes)
  }

  private static func written(_ write: (inout BinaryWriter, UnsafeRawBufferPointer) -> Void) -> [UInt8] {
    var writer = BinaryWriter()
    key.withUnsafeBytes { write(&writer, $0) }
    return writer.bytes
  }

  private static func read<State>(
    _ bytes: [UInt8], _ read: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> State?
  ) -> State? {
    bytes.withUnsafeBytes { bytes in key.withUnsafeBytes { read(bytes, $0) } }
  }

  /// Its version stays: what stands behind it is tried here.
  private static func damaged(_ value: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var writer = BinaryWriter()
    writer.raw(value.prefix(1) + random.broken(Array(value.dropFirst().dropLast(4)), with: pieces))
    key.withUnsafeBytes { writer.seal(for: $0) }
    return writer.bytes
  }

  private static let pieces: [[UInt8]] = [
    [0], [1], [2], [3], [0x7F], [0x80], [0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
    Array(repeating: 0xFF, count: 9) + [0x01],
    [0xFE] + Array(repeating: 0xFF, count: 8) + [0x01], Array(repeating: 0x80, count: 12), Array("t".utf8),
  ]
}
