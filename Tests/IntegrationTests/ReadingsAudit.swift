import Foundation
import Platform
import TestSupport

/// Something in a test's surroundings isn't as it must be.
struct NotAsExpected: Error, CustomStringConvertible {
  let description: String
}

/// The readings of one stream, held against the log that it watches.
struct ReadingsAudit {
  /// One reading, as far as it is looked at.
  struct Reading {
    /// The end of the interval, milliseconds since the epoch.
    var end: Int64
    var records: Int
    var late: Int
    var lost: Int
    var missing: Int
    var rate: Double?
    var silence: Double
    var delay: Int

    /// Reads a record of the readings topic.
    init(_ object: [String: Any]) throws {
      guard let text = object["timestamp"] as? String, let end = WallTime(rfc3339: text)?.milliseconds else {
        throw NotAsExpected(description: "no reading: \(object)")
      }
      func number(_ name: String) -> Int { object[name] as? Int ?? 0 }
      self.end = end
      records = number("records")
      late = number("late_records")
      lost = number("lost")
      missing = number("partitions_missing")
      rate = (object["rate"] as? NSNumber)?.doubleValue
      silence = (object["silence_seconds"] as? NSNumber)?.doubleValue ?? 0
      delay = number("meter_delay_ms")
    }
  }

  let name: String
  /// The length of its intervals, milliseconds.
  let length: Int64
  private(set) var readings: [Reading] = []

  init(_ name: String, length: Int64 = 1000) {
    self.name = name
    self.length = length
  }

  mutating func take(_ object: [String: Any]) throws { readings.append(try Reading(object)) }

  /// Whether the interval that ends at `end` or a later one is told, with all partitions.
  func isTold(upTo end: Int64) -> Bool { readings.last.map { $0.end >= end && $0.missing == 0 } ?? false }

  /// All that is told, or lost.
  var total: Int { readings.reduce(0) { $0 + $1.records + $1.lost } }

  /// What isn't right. Only the intervals that end in `unusual` may have partitions that are missing, or late records.
  func problems(_ log: AppendTimes, unusual: ClosedRange<Int64>? = nil) -> [String] {
    var problems: [String] = []
    let expected = log.total(before: readings.last?.end ?? 0)
    if total != expected { problems.append("\(total) records are told of \(expected)") }
    for (before, next) in zip(readings, readings.dropFirst()) where next.end - before.end != length {
      problems.append("up to \(before.end), then up to \(next.end)")
    }
    let first = (log.seconds.keys.min() ?? 0) * 1000
    // The first interval may have another length.
    for one in readings.dropFirst() {
      let own = log.records(before: one.end, length)
      let expected = Double(own) * 1000 / Double(length)
      if unusual?.contains(one.end) ?? false {
        if one.records - one.late > own { problems.append("\(one), but \(own) were appended then") }
        if let rate = one.rate, one.late == 0, abs(rate - expected) > 0.01 {
          problems.append("\(one), but \(own) were appended then")
        }
      } else if own > 0, one.silence > Double(length) / 1000 {
        problems.append("\(one) is silent, but \(own) were appended then")
      } else if one.records != own || one.late != 0 || one.missing != 0 || one.lost != 0 {
        problems.append("\(one), but \(own) were appended then")
      } else if one.rate.map({ abs($0 - expected) > 0.01 }) ?? (first < one.end) {
        problems.append("\(one) has another rate than \(expected)")
      }
    }
    return problems.map { "\(name): \($0)" }
  }
}
