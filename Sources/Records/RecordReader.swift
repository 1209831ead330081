import Cscan
import JSON

/// Reads status and monitor records: one for each worker, reused for every record, over which it makes one pass.
///
/// It copies each value into memory of its own, and allocates only where that memory must grow. What it gives out is
/// valid after `read` said `.record`, until the next `read`.
public struct RecordReader: ~Copyable {
  let plan: FieldPlan
  let maxFuture: Int64

  /// The subject: UTF-8, 1 to 255 bytes, no control characters. After `.tombstone`, the subject that is gone.
  public internal(set) var subject: UnsafeRawBufferPointer
  /// A hash of the subject's bytes, the same for the same bytes as long as the process lives.
  public internal(set) var subjectHash: UInt64 = 0
  /// Neither field nor key named a subject: it is `unknown`.
  public internal(set) var subjectIsFallback = false
  /// The record has a key (one without bytes is a key, too), so that it stands in the partition where its key belongs.
  public internal(set) var hasKey = false
  /// Event time, milliseconds since the epoch, from year 1 to 9999.
  public internal(set) var time: Int64 = 0
  /// The event time is the record's own, not Kafka's.
  public internal(set) var bringsOwnTime = false
  /// The record's Kafka timestamp, milliseconds since the epoch; -1: none.
  public internal(set) var kafkaTime: Int64 = -1
  /// A hash of `boot_id`, the same for the same text everywhere and always; 0: the record has none.
  public internal(set) var bootHash: UInt64 = 0
  /// `sequence` where it is a whole number from 0 to `Int64.max`; -1: the record has none.
  public internal(set) var sequence: Int64 = -1

  var value = Padded()
  /// By role, the value of the field that has it.
  let found: UnsafeMutablePointer<cscan_found>
  var nesting = Nesting()
  var separators = Separators()
  @usableFromInline let slots: UnsafeMutablePointer<cscan_slot>
  let slotCount: Int
  let hasTexts: Bool
  /// Texts whose escapes had to be undone.
  var texts = TextStore()
  /// The subject where it isn't in the value: padded.
  let subjectMemory: UnsafeMutablePointer<UInt8>
  let seed = Hash.seed
  var minute = MinuteGuess()

  /// A reader of the fields that `plan` names. A record whose time is more than `maxFuture` milliseconds ahead of
  /// the clock it is held against is bad.
  public init(plan: FieldPlan, maxFuture: Int64) {
    self.plan = plan
    self.maxFuture = maxFuture
    slotCount = plan.names.count
    hasTexts = plan.usesText.contains(true)
    slots = .allocate(capacity: max(1, slotCount))
    slots.initialize(repeating: cscan_slot(), count: max(1, slotCount))
    found = .allocate(capacity: Separators.roleCount)
    found.initialize(repeating: RecordReader.notFound, count: Separators.roleCount)
    let size = RecordReader.maxSubject + 16 + Int(CSCAN_PADDING)
    subjectMemory = .allocate(capacity: size)
    subjectMemory.initialize(repeating: 0, count: size)
    subject = UnsafeRawBufferPointer(start: subjectMemory, count: 0)
  }

  deinit {
    slots.deallocate()
    found.deallocate()
    subjectMemory.deallocate()
  }

  /// The event times that a record can have, milliseconds since the epoch: from year 1 to 9999.
  public static var times: ClosedRange<Int64> { EventTime.range }

  /// The longest subject, in bytes.
  public static var maxSubject: Int { 255 }

  /// The value of the field with `role`.
  @inline(__always) func found(_ role: Separators.Role) -> cscan_found { found[Int(role.rawValue)] }

  /// What is known of a field with a role before its record is read.
  static var notFound: cscan_found { cscan_found(place: nil, plain_length: -1) }

  /// Reads one record. `value` and `key` are nil where they are null in Kafka; they aren't needed after the call.
  /// `kafkaTime` is the record's Kafka timestamp, -1 for none; `clock` is what the future is measured against; milliseconds
  /// since the epoch.
  public mutating func read(
    value bytes: UnsafeRawBufferPointer?, key: UnsafeRawBufferPointer?, kafkaTime: Int64, clock: Int64
  ) -> Outcome {
    hasKey = key != nil
    self.kafkaTime = kafkaTime < 0 ? -1 : kafkaTime
    guard let bytes else { return readTombstone(key) }
    if bytes.isEmpty { return .bad(.empty) }
    value.load(bytes)
    let start = Scan.blanks(Scan.byteOrderMark(value.start))
    guard start.pointee == UInt8(ascii: "{") else { return .bad(otherThanObject(start)) }
    guard let end = readObject(start), Scan.blanks(end) == value.start + value.count else { return .bad(.notJSON) }
    if let reason = settleTexts() ?? settleTime(clock) ?? settleSubject(key) ?? settleBoot() { return .bad(reason) }
    return .record
  }

  /// Whose record it was that has just been refused for its time; nil: it doesn't say.
  public mutating func subject(ofRefused key: UnsafeRawBufferPointer?) -> String? {
    settleSubject(key) == nil ? String(decoding: subject, as: UTF8.self) : nil
  }

  /// What is wrong with a value that begins with no brace.
  private mutating func otherThanObject(_ start: Scan.Place) -> BadReason {
    guard let end = Scan.value(start, &nesting), Scan.blanks(end) == value.start + value.count else { return .notJSON }
    return .notObject
  }

  /// What stands in the record under the name that has `slot` in the plan.
  @inlinable @inline(__always) public func field(_ slot: Int) -> Field {
    let kind = slots[slot].kind
    if kind == UInt8(CSCAN_NUMBER) { return .number(slots[slot].number) }
    return kind == UInt8(CSCAN_ABSENT) ? .absent : .notNumber(kindOfOther(slots[slot].kind))
  }

  /// What a field is that is there and is no finite number.
  @usableFromInline func kindOfOther(_ kind: UInt8) -> Field.Kind {
    switch Int(kind) {
    case Int(CSCAN_OVERFLOW): .overflow
    case Int(CSCAN_STRING): .string
    case Int(CSCAN_BOOL): .bool
    case Int(CSCAN_NULL): .null
    default: .nested
    }
  }

  /// The text of that field where it is a string and the plan reads it as text, unescaped, UTF-8.
  public func string(_ slot: Int) -> UnsafeRawBufferPointer? {
    guard slots[slot].kind == UInt8(CSCAN_STRING), plan.usesText[slot] else { return nil }
    return UnsafeRawBufferPointer(start: slots[slot].text, count: slots[slot].text_count)
  }
}
