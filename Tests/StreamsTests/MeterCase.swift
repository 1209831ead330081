import Streams

/// A meter in the hands of a test. Times are seconds after the beginning.
struct MeterCase {
  var meter: StreamMeter
  private(set) var offsets: [Int64]
  private let definition: StreamDefinition

  init(_ definition: StreamDefinition, partitions: Int = 1) {
    self.definition = definition
    offsets = Array(repeating: 0, count: partitions)
    meter = StreamMeter(
      definition,
      StreamState(
        definition: StreamState.hash(of: definition), told: MeterCase.time(0),
        lanes: (0..<partitions).map { .init(partition: StreamPartition("t", Int32($0)), position: 0) }))
  }

  static func time(_ seconds: Double) -> Int64 { 1_000_000_000 + Int64(seconds * 1000) }

  /// A record of partition `lane` with this Kafka time, read at `now`.
  mutating func record(_ lane: Int = 0, at time: Double, now: Double? = nil, value: String? = nil, text: String? = nil)
  {
    var facts = RecordFacts(for: definition)
    let (value, text) = (Array((value ?? "").utf8), Array((text ?? "").utf8))
    value.withUnsafeBytes { value in
      text.withUnsafeBytes { text in
        if !value.isEmpty { facts.division = value }
        if !text.isEmpty { facts.texts[0] = text }
        meter.receive(
          lane: lane, offset: offsets[lane], kafkaTime: MeterCase.time(time), notLaterThan: MeterCase.time(now ?? time),
          bytes: 10,
          facts: facts)
      }
    }
    offsets[lane] += 1
  }

  /// A record of partition 0 with these times, milliseconds, and the text `a`.
  mutating func record(kafkaTime: Int64, ownTime: Int64) {
    var facts = RecordFacts(for: definition)
    facts.time = ownTime
    [UInt8(ascii: "a")].withUnsafeBytes { text in
      facts.texts[0] = text
      meter.receive(
        lane: 0, offset: offsets[0], kafkaTime: kafkaTime, notLaterThan: MeterCase.time(0.5), bytes: 10, facts: facts)
    }
    offsets[0] += 1
  }

  /// The clock is at `seconds`: all ends are asked for and reached, what is over is told.
  mutating func tell(at seconds: Double, besides missing: Set<Int> = []) -> [StreamReading] {
    for lane in offsets.indices where !missing.contains(lane) {
      meter.ends(lane: lane, at: offsets[lane], clock: MeterCase.time(seconds))
    }
    return meter.tell(clock: MeterCase.time(seconds))
  }

  /// Another meter goes on with the state; records are read again from where it says.
  mutating func restart() {
    meter = StreamMeter(definition, meter.state)
    for place in meter.positions { offsets[Int(place.partition.number)] = place.offset }
  }
}
