import Records

@testable import Rules

/// An unencoded record, the input of both engines.
struct PlainRecord: Equatable, CustomStringConvertible {
  var host = "web-1"
  var hasKey = true
  var time: Int64 = 0
  var ownTime = true
  var kafkaTime: Int64 = 0
  /// 0 if there is none.
  var boot: UInt64 = 0
  /// -1 if there is none.
  var sequence: Int64 = -1
  var numbers: [String: Double] = [:]
  var notNumbers: [String: Field.Kind] = [:]
  var texts: [String: String] = [:]

  var description: String {
    var text = "\(host) t=\(time)\(ownTime ? "" : " (Kafka's)") kafka=\(kafkaTime)"
    if boot != 0 { text += " boot=\(boot) sequence=\(sequence)" }
    for (name, value) in numbers.sorted(by: { $0.key < $1.key }) { text += " \(name)=\(value)" }
    for (name, kind) in notNumbers.sorted(by: { $0.key < $1.key }) { text += " \(name)=\(kind)" }
    for (name, value) in texts.sorted(by: { $0.key < $1.key }) { text += " \(name)=\"\(value)\"" }
    return hasKey ? text : text + " (no key)"
  }
}

/// A `PlainRecord` as the engine sees one.
struct PlainView: RecordView {
  let record: PlainRecord
  let kafkaTime: Int64
  let plan: FieldPlan
  let subject: UnsafeRawBufferPointer

  /// Calls `body` with a view of `record` for a reader with `plan`.
  static func with(_ record: PlainRecord, _ plan: FieldPlan, _ body: (borrowing PlainView) -> Void) {
    with(record, record.kafkaTime, plan, body)
  }

  /// The same, with another Kafka time than the record's own.
  static func with(
    _ record: PlainRecord, _ kafkaTime: Int64, _ plan: FieldPlan, _ body: (borrowing PlainView) -> Void
  ) {
    var host = record.host
    host.withUTF8 {
      body(PlainView(record: record, kafkaTime: kafkaTime, plan: plan, subject: UnsafeRawBufferPointer($0)))
    }
  }

  var subjectHash: UInt64 { RecordReader.hash(of: subject) }
  var hasKey: Bool { record.hasKey }
  var time: Int64 { record.time }
  var bringsOwnTime: Bool { record.ownTime }
  var bootHash: UInt64 { record.boot }
  var sequence: Int64 { record.sequence }
  var bootID: String { "boot-\(record.boot)" }

  func field(_ slot: Int) -> Field {
    let name = plan.names[slot]
    if let number = record.numbers[name] { return .number(number) }
    return record.notNumbers[name].map { .notNumber($0) } ?? .absent
  }

  func string(_ slot: Int) -> UnsafeRawBufferPointer? { record.texts[plan.names[slot]].flatMap { PlainView.words[$0] } }

  /// The texts that test records may have, in memory that is never freed.
  nonisolated(unsafe) private static let words: [String: UnsafeRawBufferPointer] = Dictionary(
    uniqueKeysWithValues: ["web", "db", "db-1", ""].map { word in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: word.utf8.count, alignment: 1)
      copy.copyBytes(from: word.utf8)
      return (word, UnsafeRawBufferPointer(copy))
    })
}
