import Console
import Kafka
import Programs
import Topics

/// Takes the records of a topic.
protocol RecordTaker: ~Copyable {
  /// Takes the next record. Records of the same partition come in log order.
  mutating func take(_ record: Message)
}

extension CurrentAlerts: RecordTaker {
  mutating func take(_ record: Message) { take(key: record.key, value: record.value) }
}

extension SeenReadings: RecordTaker {
  mutating func take(_ record: Message) { take(key: record.key, value: record.value, kafkaTime: record.timestamp) }
}

/// Reads a topic to its end, again and again, each time from where it stopped.
struct GrowingHistory<Taker: RecordTaker & ~Copyable>: ~Copyable, HistoryReceiver {
  private(set) var taker: Taker
  /// The offset up to which each partition has been read.
  private var reached: [Int32: Int64] = [:]

  /// Hands records to `taker`.
  init(_ taker: consuming Taker) { self.taker = taker }

  /// Reads to the topic's current end: at first from `start` on, then what has come since. Partitions that are added
  /// later are read from their beginning.
  ///
  /// - Throws: `History.Problem` if brokers don't say where the topic ends, or a signal comes meanwhile.
  mutating func read(_ history: inout History, from start: Moment) throws -> History.Ending {
    var stretch = try history.stretch(from: reached.isEmpty ? start : .beginning, to: .now)
    for (partition, range) in stretch {
      // A topic that ends before that place has been made anew.
      if let place = reached[partition], place <= range.upperBound {
        stretch[partition] = max(place, range.lowerBound)..<range.upperBound
      }
      reached[partition] = stretch[partition]?.lowerBound
    }
    let ending = try history.read(stretch, into: &self) { _ in true }
    if case .complete = ending { reached = stretch.mapValues(\.upperBound) }
    return ending
  }

  mutating func expect(_ record: Message, of partition: Int32) {}

  mutating func receive(_ record: Message, of partition: Int32) {
    taker.take(record)
    reached[partition] = record.offset + 1
  }

  mutating func receiveEnd(of partition: Int32, position: Int64) {}
}
