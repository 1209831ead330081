/// Reads status and monitor records: one for each worker, reused for every record.
///
/// What it gives out is valid after `read` said `.record`, until the next `read`.
public struct RecordReader: ~Copyable {
  let plan: FieldPlan
  let maxFuture: Int64

  /// The subject: UTF-8, 1 to 255 bytes, no control characters. After `.tombstone`, the subject that is gone.
  public private(set) var subject: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  /// A hash of the subject's bytes, the same for the same bytes as long as the process lives.
  public private(set) var subjectHash: UInt64 = 0
  /// Neither field nor key named a subject: it is `unknown`.
  public private(set) var subjectIsFallback = false
  /// The record has a key, so that it stands in the partition where its key belongs.
  public private(set) var hasKey = false
  /// Event time, milliseconds since the epoch, from year 1 to 9999.
  public private(set) var time: Int64 = 0
  /// The event time is the record's own, not Kafka's.
  public private(set) var bringsOwnTime = false
  /// The record's Kafka timestamp, milliseconds since the epoch; -1: none.
  public private(set) var kafkaTime: Int64 = -1
  /// A hash of `boot_id`, the same for the same text as long as the process lives; 0: the record has none.
  public private(set) var bootHash: UInt64 = 0
  /// `sequence` where it is a whole number from 0 to `Int64.max`; -1: the record has none.
  public private(set) var sequence: Int64 = -1

  /// A reader of the fields that `plan` names. A record whose time is more than `maxFuture` milliseconds ahead of
  /// the clock it is held against is bad.
  public init(plan: FieldPlan, maxFuture: Int64) {
    self.plan = plan
    self.maxFuture = maxFuture
  }

  /// Reads one record. `value` and `key` are nil where they are null in Kafka; they aren't needed after the call.
  /// `kafkaTime` is the record's Kafka timestamp, -1 for none; `clock` is what the future is measured against: the
  /// partition's Kafka time under LogAppendTime, the wall clock under CreateTime; milliseconds since the epoch.
  public mutating func read(
    value: UnsafeRawBufferPointer?, key: UnsafeRawBufferPointer?, kafkaTime: Int64, clock: Int64
  ) -> Outcome {
    .bad(.notJSON)
  }

  /// What stands in the record under the name that has `slot` in the plan.
  public func field(_ slot: Int) -> Field { .absent }

  /// The text of that field where it is a string and the plan reads it as text, unescaped, UTF-8.
  public func string(_ slot: Int) -> UnsafeRawBufferPointer? { nil }
}
