import JSON
import Platform

/// What a meter says of a stream or one of its values for one interval, or of a consumer group or the cluster at one
/// moment: a record of the readings topic.
public struct StreamReading: Equatable, Sendable {
  /// Its subject, and the record's key: the stream's name, `NAME/VALUE`, `group/GROUP`, `group/GROUP/TOPIC`, `kafka` or
  /// `kafka@INSTANCE`.
  public var subject: String
  /// `stream`, `value`, `group`, `group-topic`, `cluster` or `probe`.
  public var kind: String
  /// The end of the interval, or the moment.
  public var end: WallTime
  /// The texts, which are written before the numbers, in this order. Their names are unique, also among the numbers'.
  public var texts: [(name: String, value: String)] = []
  /// The numbers, in the order in which they are written. Names are unique.
  public var numbers: [(name: String, value: Double)]

  /// Writes it as one JSON object.
  public func encode(into writer: inout Writer) {
    writer.beginObject()
    writer.key("timestamp")
    writer.time(end)
    writer.key("host")
    writer.string(subject)
    writer.key("kind")
    writer.string(kind)
    for (name, value) in texts {
      writer.key(name)
      writer.string(value)
    }
    for (name, value) in numbers where value.isFinite {
      writer.key(name)
      if value == value.rounded(), value.magnitude < 9_007_199_254_740_992 {
        writer.int(Int64(value))
      } else {
        writer.double(value)
      }
    }
    writer.endObject()
  }

  /// The number of this name; nil if it was left out.
  public subscript(name: String) -> Double? { numbers.first { $0.name == name }?.value }

  /// The text of this name; nil if it was left out.
  public func text(_ name: String) -> String? { texts.first { $0.name == name }?.value }

  /// Whether two readings say the same.
  public static func == (a: StreamReading, b: StreamReading) -> Bool {
    a.subject == b.subject && a.kind == b.kind && a.end == b.end
      && a.texts.elementsEqual(b.texts) { $0.name == $1.name && $0.value == $1.value }
      && a.numbers.elementsEqual(b.numbers) { $0.name == $1.name && $0.value == $1.value }
  }
}

/// The circumstances of a reading: what isn't counted from records.
struct ReadingFrame: Equatable {
  /// The interval, milliseconds since the epoch.
  var begin: Int64
  var end: Int64
  /// The brokers' clock when it was told.
  var clock: Int64
  /// The Kafka time of the last record up to the interval's end; nil if there was none yet.
  var lastRecord: Int64?
  var partitions: Int
  /// Partitions that nobody waited for.
  var missing: Int
  /// For each distinct number of the definition; nil if its time wasn't watched from the beginning.
  var distincts: [Int?]
}

extension StreamReading {
  /// The reading of the whole stream.
  init(_ tally: IntervalTally, _ frame: ReadingFrame, of definition: StreamDefinition) {
    self.init(subject: definition.name, kind: "stream", tally.total, frame, definition)
    append("values_refused", tally.refused, if: definition.division != nil)
    append("distinct_refused", tally.distinctRefused, if: !definition.distincts.isEmpty)
    appendDistincts(frame, definition)
    append("lost", tally.lost)
    append("partitions", Int64(frame.partitions))
    append("partitions_missing", Int64(frame.missing))
    append("meter_delay_ms", frame.clock - frame.end)
  }

  /// The reading of one value; the frame has its distinct numbers.
  init(value: [UInt8], _ tally: Tally, _ frame: ReadingFrame, of definition: StreamDefinition) {
    self.init(
      subject: Self.subject(of: value, in: definition.name), kind: "value", tally, frame, definition)
    appendDistincts(frame, definition)
  }

  private mutating func appendDistincts(_ frame: ReadingFrame, _ definition: StreamDefinition) {
    if frame.missing > 0 { return }
    for (distinct, count) in zip(definition.distincts, frame.distincts) {
      if let count { numbers.append((distinct.name, Double(count))) }
    }
  }

  private init(
    subject: String, kind: String, _ tally: Tally, _ frame: ReadingFrame, _ definition: StreamDefinition
  ) {
    (self.subject, self.kind) = (subject, kind)
    end = WallTime(milliseconds: frame.end)
    numbers = []
    let seconds = Double(frame.end - frame.begin) / 1000
    let counted = tally.records - tally.late
    // Nobody knows what the missing partitions had.
    let isWhole = frame.missing == 0
    append("records", tally.records)
    // Before its first record a stream isn't quiet: nobody uses it yet.
    let hasRate = isWhole && frame.lastRecord != nil
    if hasRate { numbers.append(("rate", Double(counted) / seconds)) }
    append("bytes", tally.bytes)
    if hasRate { numbers.append(("byte_rate", Double(tally.bytes - tally.lateBytes) / seconds)) }
    append("invalid", tally.invalid, if: definition.format != .none)
    if tally.delayed > 0, isWhole {
      numbers.append(("delay_ms_avg", Double(tally.delaySum) / Double(tally.delayed)))
      append("delay_ms_max", tally.delayMax)
    }
    if let last = frame.lastRecord, kind == "stream" {
      numbers.append(("silence_seconds", Double(max(0, frame.end - last)) / 1000))
    }
    for (count, value) in zip(definition.counts, tally.counts) {
      append(count.name, value)
      if isWhole, counted > 0 { numbers.append((count.name + "_share", Double(value) / Double(counted))) }
    }
    if isWhole {
      for (measure, measured) in zip(definition.measures, tally.measures) where measured.count > 0 {
        for statistic in measure.statistics {
          numbers.append(("\(measure.field)_\(statistic.rawValue)", measured[statistic]))
        }
      }
    }
    append("late_records", tally.late)
    append("interval_ms", frame.end - frame.begin)
  }

  private mutating func append(_ name: String, _ value: Int64, if condition: Bool = true) {
    if condition { numbers.append((name, Double(value))) }
  }
}

extension Tally.Measured {
  /// Of at least one value.
  fileprivate subscript(statistic: StreamDefinition.Statistic) -> Double {
    switch statistic {
    case .avg: sum.quotient(by: count)
    case .min: least
    case .max: greatest
    case .sum: sum.value
    }
  }
}
