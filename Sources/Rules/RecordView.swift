import Records

/// What the engine asks of a record. A `RecordReader` is one; tests have others.
protocol RecordView: ~Copyable {
  var subject: UnsafeRawBufferPointer { get }
  var subjectHash: UInt64 { get }
  var hasKey: Bool { get }
  var time: Int64 { get }
  var bringsOwnTime: Bool { get }
  var kafkaTime: Int64 { get }
  var bootHash: UInt64 { get }
  var sequence: Int64 { get }
  /// The boot's id, for people: cut where it is long.
  var bootID: String { get }
  func field(_ slot: Int) -> Field
  func string(_ slot: Int) -> UnsafeRawBufferPointer?
}

extension RecordReader: RecordView {}
