import Records
import TestSupport

/// A reader's results for one record, copied.
struct ReadRecord: Equatable {
  var outcome: Outcome
  var subject = ""
  var subjectIsFallback = false
  var hasKey = false
  var time: Int64 = 0
  var bringsOwnTime = false
  var hasBoot = false
  var sequence: Int64 = -1
  var fields: [Field] = []
  var texts: [String?] = []

  /// 2026-11-20T12:00:00Z, the Kafka time of these tests' records.
  static let noon: Int64 = 1_795_176_000_000

  /// Reads one record with a new reader.
  static func read(
    _ value: String?, key: String? = "web-1", kafkaTime: Int64 = noon, clock: Int64? = nil,
    fields: [String] = ["cpu_usage", "memory_usage"], strings: [String] = []
  ) -> ReadRecord {
    read(
      bytes: value.map { Array($0.utf8) }, key: key.map { Array($0.utf8) }, kafkaTime: kafkaTime, clock: clock,
      plan: FieldPlan(fields: fields, strings: strings))
  }

  /// Reads one record, given as bytes, with a new reader.
  static func read(
    bytes: [UInt8]?, key: [UInt8]? = nil, kafkaTime: Int64 = noon, clock: Int64? = nil,
    plan: FieldPlan = FieldPlan(fields: ["cpu_usage", "memory_usage"])
  ) -> ReadRecord {
    var reader = RecordReader(plan: plan, maxFuture: 60_000)
    return ReadRecord(&reader, bytes, key, kafkaTime: kafkaTime, clock: clock ?? kafkaTime, slots: plan.names.count)
  }
}

extension ReadRecord {
  /// Reads one record with `reader`.
  init(
    _ reader: inout RecordReader, _ value: [UInt8]?, _ key: [UInt8]?, kafkaTime: Int64 = noon, clock: Int64? = nil,
    slots: Int
  ) {
    outcome = withBytes(value) { value in
      withBytes(key) { key in reader.read(value: value, key: key, kafkaTime: kafkaTime, clock: clock ?? kafkaTime) }
    }
    hasKey = reader.hasKey
    if outcome == .record || outcome == .tombstone { subject = String(decoding: reader.subject, as: UTF8.self) }
    guard outcome == .record else { return }
    subjectIsFallback = reader.subjectIsFallback
    time = reader.time
    bringsOwnTime = reader.bringsOwnTime
    hasBoot = reader.bootHash != 0
    sequence = reader.sequence
    fields = (0..<slots).map { reader.field($0) }
    texts = (0..<slots).map { reader.string($0).map { String(decoding: $0, as: UTF8.self) } }
  }
}
