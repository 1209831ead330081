import Console
import Platform

/// Formats records as lines, one after the other.
final class Screen {
  private var lines: RecordLines

  init(colours: Bool = false) { lines = RecordLines(colours: Colours(isOn: colours)) }

  /// Whether a time was marked as Kafka's.
  var hasShownKafkaTime: Bool { lines.hasShownKafkaTime }

  /// The line of a record, without its line end.
  func show(_ value: [UInt8]?, key: [UInt8]? = nil, time: Int64? = 0) -> String {
    var output: [UInt8] = []
    withRecord(value, key: key, time: time) { lines.append($0, to: &output) }
    return String(String(decoding: output, as: UTF8.self).dropLast())
  }
}

/// The line of a record as the first one shown.
func shown(_ value: String?, key: String? = nil, time: Int64? = 0) -> String {
  Screen().show(value.map { Array($0.utf8) }, key: key.map { Array($0.utf8) }, time: time)
}

/// The record of these bytes, for the duration of `body`.
func withRecord<Result>(
  _ value: [UInt8]?, key: [UInt8]? = nil, time: Int64? = nil, _ body: (borrowing SeenRecord) -> Result
) -> Result {
  (value ?? []).withUnsafeBytes { bytes in
    (key ?? []).withUnsafeBytes { keyBytes in
      body(
        SeenRecord(
          key: key == nil ? nil : keyBytes, value: value == nil ? nil : bytes,
          kafkaTime: time.map { WallTime(milliseconds: $0) }))
    }
  }
}
