import Records

/// The engine's view of a record. `RecordReader` implements it; tests have other implementations.
protocol RecordView: ~Copyable {
  var subject: UnsafeRawBufferPointer { get }
  var subjectHash: UInt64 { get }
  var hasKey: Bool { get }
  var time: Int64 { get }
  var bringsOwnTime: Bool { get }
  var kafkaTime: Int64 { get }
  var bootHash: UInt64 { get }
  var sequence: Int64 { get }
  /// The boot's id, for people; cut if it is long.
  var bootID: String { get }
  func field(_ slot: Int) -> Field
  func string(_ slot: Int) -> UnsafeRawBufferPointer?
}

extension RecordReader: RecordView {}
