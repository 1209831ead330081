import Platform
import Records
import Rules

/// The newest reading of a stream, or of one of its values.
public struct SeenStream: Sendable {
  /// Its subject: the stream's name, or `NAME/VALUE`.
  public var subject: String
  /// `stream` or `value`.
  public var kind: String
  /// The end of its interval.
  public var time: WallTime
  /// Records in a second; nil where partitions are missing.
  public var rate: Double?
  /// Bytes in a second; nil where partitions are missing.
  public var byteRate: Double?
  /// Average delay of its records, milliseconds.
  public var delay: Double?
  /// Time since the last record, seconds.
  public var silence: Double?
  /// Partitions that can't be read.
  public var missing: Double?
  /// Records that came after their interval was told.
  public var late: Double?
  /// Records that retention took before they were read.
  public var lost: Double?
  /// The whole record; empty unless it is kept.
  public var value: [UInt8] = []
}

/// Collects the newest reading of each stream from the records of the readings topic, in bounded memory.
public struct SeenStreams: ~Copyable {
  /// Which readings are wanted.
  public struct Wanted: Sendable {
    private let names: [Glob]
    private let takesValues: Bool

    /// - Parameters:
    ///   - names: globs of streams; all streams if empty. A glob covers a value's reading if it matches the whole
    ///     subject, or the stream's name before the slash.
    ///   - takesValues: whether readings of kind `value` are wanted, too.
    public init(names: [String] = [], takesValues: Bool = false) {
      self.names = names.map(Glob.init)
      self.takesValues = takesValues
    }

    fileprivate func kind(_ kind: UnsafeRawBufferPointer?) -> String? {
      guard let kind else { return nil }
      return Self.is(kind, "stream") ? "stream" : takesValues && Self.is(kind, "value") ? "value" : nil
    }

    fileprivate func covers(_ subject: UnsafeRawBufferPointer) -> Bool {
      if names.isEmpty { return true }
      let stream = subject.prefix { $0 != UInt8(ascii: "/") }
      return names.contains { $0.matches(subject) || $0.matches(UnsafeRawBufferPointer(rebasing: stream)) }
    }

    private static func `is`(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
      bytes.elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
  }

  /// The maximum number of subjects; readings of further ones are left out.
  public static let greatestCount = 100_000
  /// The maximum size of kept records in bytes; readings beyond it are left out.
  public static let greatestSize = 256 << 20

  private let wanted: Wanted
  private let keepsRecords: Bool
  private let limit: Int
  private let sizeLimit: Int
  private var reader: RecordReader
  private let slots: Slots
  private var streams: [[UInt8]: SeenStream] = [:]
  private var size = 0

  /// Whether a reading was left out because there are too many.
  public private(set) var hasLeftOut = false
  /// How many records can't be read.
  public private(set) var foreign = 0

  /// Where the reader puts the fields.
  private struct Slots {
    let kind, rate, byteRate, delay, silence, missing, late, lost: Int

    init(_ plan: FieldPlan) {
      func slot(_ name: String) -> Int { plan.slot(of: name) ?? 0 }
      (kind, rate, byteRate, delay) = (slot("kind"), slot("rate"), slot("byte_rate"), slot("delay_ms_avg"))
      (silence, missing) = (slot("silence_seconds"), slot("partitions_missing"))
      (late, lost) = (slot("late_records"), slot("lost"))
    }
  }

  /// Starts with no streams.
  ///
  /// - Parameter keepsRecords: whether the whole records are kept, for `StreamObject`.
  public init(
    _ wanted: Wanted, keepsRecords: Bool = false, limit: Int = Self.greatestCount, sizeLimit: Int = Self.greatestSize
  ) {
    (self.wanted, self.keepsRecords, self.limit, self.sizeLimit) = (wanted, keepsRecords, limit, sizeLimit)
    let plan = FieldPlan(
      fields: [
        "rate", "byte_rate", "delay_ms_avg", "silence_seconds", "partitions_missing", "late_records", "lost",
      ], strings: ["kind"])
    slots = Slots(plan)
    reader = RecordReader(plan: plan, maxFuture: .max)
  }

  /// Takes a record of the topic. `kafkaTime` is its Kafka timestamp in milliseconds, -1 if there is none.
  public mutating func take(key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, kafkaTime: Int64) {
    switch reader.read(value: value, key: key, kafkaTime: kafkaTime, clock: 0) {
    case .record:
      guard let kind = wanted.kind(reader.string(slots.kind)), wanted.covers(reader.subject) else { return }
      take(kind, value)
    case .tombstone:
      if let old = streams.removeValue(forKey: Array(reader.subject)) { size -= old.value.count }
    case .tombstoneWithoutKey, .bad:
      foreign += 1
    }
  }

  private mutating func take(_ kind: String, _ value: UnsafeRawBufferPointer?) {
    let subject = Array(reader.subject)
    let old = streams[subject]
    // The partitions of a topic that grew may bring an older reading later.
    if let old, old.time.milliseconds > reader.time { return }
    let bytes = keepsRecords ? value.map(Array.init) ?? [] : []
    let newSize = size - (old?.value.count ?? 0) + bytes.count
    guard old != nil || streams.count < limit, newSize <= sizeLimit else {
      hasLeftOut = true
      return
    }
    size = newSize
    streams[subject] = SeenStream(
      subject: String(decoding: subject, as: UTF8.self), kind: kind, time: WallTime(milliseconds: reader.time),
      rate: number(slots.rate), byteRate: number(slots.byteRate), delay: number(slots.delay),
      silence: number(slots.silence), missing: number(slots.missing), late: number(slots.late),
      lost: number(slots.lost), value: bytes)
  }

  private func number(_ slot: Int) -> Double? {
    if case .number(let number) = reader.field(slot) { number } else { nil }
  }

  /// The streams by name, each followed by its values.
  public var sorted: [SeenStream] {
    streams.values.sorted { a, b in
      a.subject.utf8.lexicographicallyPrecedes(b.subject.utf8) { SeenStreams.rank($0) < SeenStreams.rank($1) }
    }
  }

  /// A slash comes before every other byte of a name: no stream stands between another one and its values.
  private static func rank(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: "/") ? 0 : byte }
}
