import Cscan
import JSON

/// Reads status and monitor records, in one pass over each. Each worker reuses one reader for all records.
///
/// It copies each value into its own memory, and allocates only if that memory must grow. Its properties are valid
/// after `read` returned `.record`, until the next `read`.
public struct RecordReader: ~Copyable {
  let maxFuture: Int64
  /// Whose the records of a stream are; nil for status records.
  let streamSubject: StreamSubject?
  /// The same, for a quick look.
  let isOfStream: Bool

  /// The subject: UTF-8, 1 to 255 bytes, no control characters. After `.tombstone` it is the subject that is gone.
  public internal(set) var subject: UnsafeRawBufferPointer
  /// A hash of the subject's bytes, constant for the process's lifetime.
  public internal(set) var subjectHash: UInt64 = 0
  /// Whether neither field nor key named a subject, so that it is `unknown`, or the stream's name.
  public internal(set) var subjectIsFallback = false
  /// Whether the record's key determines the partition of its subject. A status record's does, even an empty one. That
  /// of a stream's record does if it is the subject.
  public internal(set) var hasKey = false
  /// Event time in milliseconds since the epoch, from year 1 to 9999.
  public internal(set) var time: Int64 = 0
  /// Whether the event time is the record's own, not Kafka's.
  public internal(set) var bringsOwnTime = false
  /// The record's Kafka timestamp in milliseconds since the epoch; -1 if there is none.
  public internal(set) var kafkaTime: Int64 = -1
  /// A hash of `boot_id`, the same in every process and version; 0 if there is none.
  public internal(set) var bootHash: UInt64 = 0
  /// `sequence` if it is a whole number from 0 to `Int64.max`; -1 otherwise.
  public internal(set) var sequence: Int64 = -1

  @usableFromInline var layout: LayoutReader
  /// Memory for a subject that isn't in the value; padded.
  let subjectMemory: UnsafeMutablePointer<UInt8>
  let seed = Hash.seed
  var minute = MinuteGuess()

  /// A reader of the fields in `plan`. A record whose time is more than `maxFuture` milliseconds after the given clock
  /// is bad.
  public init(plan: FieldPlan, maxFuture: Int64) {
    layout = LayoutReader(plan)
    self.maxFuture = maxFuture
    if case .stream(let subject) = plan.form { streamSubject = subject } else { streamSubject = nil }
    isOfStream = streamSubject != nil
    let size = RecordReader.maxSubject + 16 + Int(CSCAN_PADDING)
    subjectMemory = .allocate(capacity: size)
    subjectMemory.initialize(repeating: 0, count: size)
    subject = UnsafeRawBufferPointer(start: subjectMemory, count: 0)
  }

  deinit { subjectMemory.deallocate() }

  /// The valid event times in milliseconds since the epoch: from year 1 to 9999.
  public static var times: ClosedRange<Int64> { EventTime.range }

  /// The longest subject, in bytes.
  public static var maxSubject: Int { 255 }

  /// The value of the field with `role`.
  @inline(__always) func found(_ role: Separators.Role) -> cscan_found { layout.found(role) }

  /// Reads one record. `value` and `key` are nil if they are null in Kafka; they aren't needed after the call.
  /// `kafkaTime` is the record's Kafka timestamp, -1 if there is none. `clock` is the current time, for the check of
  /// `maxFuture`. Both are in milliseconds since the epoch.
  public mutating func read(
    value bytes: UnsafeRawBufferPointer?, key: UnsafeRawBufferPointer?, kafkaTime: Int64, clock: Int64
  ) -> Outcome {
    hasKey = key != nil
    self.kafkaTime = kafkaTime < 0 ? -1 : kafkaTime
    guard let bytes else { return readTombstone(key) }
    if bytes.isEmpty { return .bad(.empty) }
    let start = layout.load(bytes)
    guard start.pointee == UInt8(ascii: "{") else { return .bad(otherThanObject(start)) }
    guard layout.readObject(start) else { return .bad(.notJSON) }
    guard layout.settleTexts() else { return .bad(.encoding) }
    if let reason = settleTime(clock) ?? settleSubject(key) ?? settleBoot() { return .bad(reason) }
    return .record
  }

  /// The subject of the record that was just refused for its time; nil if it has no valid one.
  public mutating func subject(ofRefused key: UnsafeRawBufferPointer?) -> String? {
    settleSubject(key) == nil ? String(decoding: subject, as: UTF8.self) : nil
  }

  /// The reason why a value that doesn't begin with a brace is bad.
  private mutating func otherThanObject(_ start: Scan.Place) -> BadReason {
    guard let end = Scan.value(start, &layout.nesting), layout.isEnd(end) else { return .notJSON }
    return .notObject
  }

  /// The value of the field with `slot` in the plan.
  @inlinable @inline(__always) public func field(_ slot: Int) -> Field {
    let kind = layout.slots[slot].kind
    if kind == UInt8(CSCAN_NUMBER) { return .number(layout.slots[slot].number) }
    return kind == UInt8(CSCAN_ABSENT) ? .absent : .notNumber(kindOfOther(kind))
  }

  /// The kind of a field that exists and isn't a finite number.
  @usableFromInline func kindOfOther(_ kind: UInt8) -> Field.Kind {
    switch Int(kind) {
    case Int(CSCAN_OVERFLOW): .overflow
    case Int(CSCAN_STRING), Int(CSCAN_RAW_STRING): .string
    case Int(CSCAN_BOOL): .bool
    case Int(CSCAN_NULL): .null
    default: .nested
    }
  }

  /// The unescaped UTF-8 text of that field; nil if it isn't a string, or the plan doesn't read it as text.
  public func string(_ slot: Int) -> UnsafeRawBufferPointer? {
    let value = layout.slots[slot]
    guard value.kind == UInt8(CSCAN_STRING), layout.plan.usesText[slot] else { return nil }
    return UnsafeRawBufferPointer(start: value.text, count: value.text_count)
  }
}
