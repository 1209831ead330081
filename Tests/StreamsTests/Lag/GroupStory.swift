import Records
import Streams

/// A group whose rounds are told one after the other, every 10 s.
struct GroupStory {
  var meter: GroupMeter
  /// The brokers' clock, milliseconds.
  var now: Int64 = 1_800_000_000_000
  /// What brokers say.
  var answer = GroupAnswer(lanes: [], members: 1, word: "Stable", topics: ["orders"])
  /// For each partition the offsets of records with their Kafka times; other offsets are markers or holes.
  var records: [StreamPartition: [Int64: Int64]] = [:]
  /// Topics that may not be read.
  var refused: Set<String> = []
  /// How many questions each round asked.
  var questions: [Int] = []
  /// What the last round told.
  var readings: [StreamReading] = []

  init(_ group: String = "billing", stalledAfter: Int64 = GroupMeter.defaultPatience) {
    meter = GroupMeter(group, stalledAfter: stalledAfter)
  }

  /// A group at this offset of partition 0 of a topic, whose log has records `from` to `to`, one a second until now.
  init(at position: Int64?, of topic: String = "orders", from start: Int64 = 0, to end: Int64) {
    self.init()
    set(topic, at: position, from: start, to: end)
  }

  /// Sets a partition. Records it hasn't got yet are appended now.
  mutating func set(
    _ topic: String = "orders", _ number: Int32 = 0, at position: Int64?, from start: Int64 = 0, to end: Int64,
    stable: Int64? = nil, hasRecords: Bool = true
  ) {
    let partition = StreamPartition(topic, number)
    answer.lanes.removeAll { $0.partition == partition }
    answer.lanes.append(
      .init(partition, committed: position, logStart: start, highWatermark: end, lastStable: stable))
    guard hasRecords, start < end else { return }
    for offset in start..<end where records[partition]?[offset] == nil {
      records[partition, default: [:]][offset] = now - (end - 1 - offset) * 1000
    }
  }

  /// The answer to a question.
  private func find(_ question: GroupMeter.Question) -> GroupAnswer.FirstRecord {
    if refused.contains(question.partition.topic) { return .refused }
    guard let lane = answer.lanes.first(where: { $0.partition == question.partition }) else { return .unknown }
    let end = min(lane.highWatermark ?? 0, lane.lastStable ?? .max)
    let first = records[question.partition]?.filter { $0.key >= question.offset && $0.key < end }
      .min { $0.key < $1.key }
    return first.map { .record(time: $0.value) } ?? .nothing(before: end)
  }

  /// One round, 10 s after the last one. The group's own reading comes back.
  @discardableResult
  mutating func round(after seconds: Int64 = 10) -> StreamReading? {
    now += seconds * 1000
    var full = answer
    let asked = meter.questions(about: answer, at: now)
    questions.append(asked.count)
    for question in asked {
      for index in full.lanes.indices where full.lanes[index].partition == question.partition {
        full.lanes[index].firstRecord = find(question)
      }
    }
    readings = meter.tell(full, at: now)
    return readings.first
  }

  /// Rounds in which nothing changes; the states that they tell, `-` where it is left out.
  mutating func states(_ count: Int) -> [String] { (0..<count).map { _ in round()?.text("state") ?? "-" } }

  /// What the last round told of a topic.
  subscript(topic: String) -> StreamReading? { readings.first { $0.subject == "group/\(meter.group)/\(topic)" } }

  /// Another meter takes over.
  mutating func handOver() throws {
    var writer = BinaryWriter()
    let key: [UInt8] = [1, 2, 3]
    let state = try key.withUnsafeBytes { key in
      meter.state.write(to: &writer, key: key)
      return try writer.bytes.withUnsafeBytes { try GroupState($0, key: key) }
    }
    meter = GroupMeter(meter.group, state: state, stalledAfter: meter.stalledAfter)
  }
}
