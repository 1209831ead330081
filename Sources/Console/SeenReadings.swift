import Platform
import Records

/// A reading as it is shown.
public protocol SeenReading: Sendable {
  /// Which readings are wanted.
  associatedtype Wanted: ReadingFilter
  /// The numbers and texts of the record that it is made of.
  static var numbers: [String] { get }
  static var texts: [String] { get }
  /// With these numbers and texts, in the order of their names, and the record itself if it is kept.
  init(subject: String, kind: String, time: WallTime, numbers: [Double?], texts: [String?], value: [UInt8])
  /// Its subject.
  var subject: String { get }
  /// The end of its interval, or its moment.
  var time: WallTime { get }
  /// The whole record; empty unless it is kept.
  var value: [UInt8] { get }
}

/// Tells which readings are wanted.
public protocol ReadingFilter: Sendable {
  /// The reading's kind as a text; nil if it isn't wanted.
  func kind(_ kind: UnsafeRawBufferPointer, of subject: UnsafeRawBufferPointer) -> String?
}

/// The newest readings of streams.
public typealias SeenStreams = SeenReadings<SeenStream>

/// Collects the newest reading of each subject from the records of the readings topic, in bounded memory.
public struct SeenReadings<Reading: SeenReading>: ~Copyable {
  /// Which readings are wanted.
  public typealias Wanted = Reading.Wanted

  /// The maximum number of subjects; readings of further ones are left out.
  public static var greatestCount: Int { 100_000 }
  /// The maximum size of kept records in bytes; readings beyond it are left out.
  public static var greatestSize: Int { 256 << 20 }

  private let wanted: Wanted
  private let keepsRecords: Bool
  private let limit: Int
  private let sizeLimit: Int
  private var reader: RecordReader
  /// Where the reader puts the fields.
  private let kind: Int
  private let numbers: [Int]
  private let texts: [Int]
  private var readings: [[UInt8]: Reading] = [:]
  private var size = 0

  /// Whether a reading was left out because there are too many.
  public private(set) var hasLeftOut = false
  /// How many records can't be read.
  public private(set) var foreign = 0

  /// Starts with no readings.
  ///
  /// - Parameter keepsRecords: whether the whole records are kept, for JSON.
  public init(
    _ wanted: Wanted, keepsRecords: Bool = false, limit: Int = Self.greatestCount, sizeLimit: Int = Self.greatestSize
  ) {
    (self.wanted, self.keepsRecords, self.limit, self.sizeLimit) = (wanted, keepsRecords, limit, sizeLimit)
    let plan = FieldPlan(fields: Reading.numbers, strings: ["kind"] + Reading.texts)
    kind = plan.slot(of: "kind") ?? 0
    numbers = Reading.numbers.map { plan.slot(of: $0) ?? 0 }
    texts = Reading.texts.map { plan.slot(of: $0) ?? 0 }
    reader = RecordReader(plan: plan, maxFuture: .max)
  }

  /// Takes a record of the topic. `kafkaTime` is its Kafka timestamp in milliseconds, -1 if there is none.
  public mutating func take(key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, kafkaTime: Int64) {
    switch reader.read(value: value, key: key, kafkaTime: kafkaTime, clock: 0) {
    case .record:
      guard let kind = reader.string(kind).flatMap({ wanted.kind($0, of: reader.subject) }) else { return }
      take(kind, value)
    case .tombstone:
      if let old = readings.removeValue(forKey: Array(reader.subject)) { size -= old.value.count }
    case .tombstoneWithoutKey, .bad:
      foreign += 1
    }
  }

  private mutating func take(_ kind: String, _ value: UnsafeRawBufferPointer?) {
    let subject = Array(reader.subject)
    let old = readings[subject]
    // The partitions of a topic that grew may bring an older reading later.
    if let old, old.time.milliseconds > reader.time { return }
    let bytes = keepsRecords ? value.map(Array.init) ?? [] : []
    let newSize = size - (old?.value.count ?? 0) + bytes.count
    guard old != nil || readings.count < limit, newSize <= sizeLimit else {
      hasLeftOut = true
      return
    }
    size = newSize
    var numbers: [Double?] = []
    for slot in self.numbers {
      if case .number(let number) = reader.field(slot) { numbers.append(number) } else { numbers.append(nil) }
    }
    var texts: [String?] = []
    for slot in self.texts { texts.append(reader.string(slot).map { String(decoding: $0, as: UTF8.self) }) }
    readings[subject] = Reading(
      subject: String(decoding: subject, as: UTF8.self), kind: kind, time: WallTime(milliseconds: reader.time),
      numbers: numbers, texts: texts, value: bytes)
  }

  /// The readings by subject, each followed by those of its parts.
  public var sorted: [Reading] {
    readings.values.sorted { a, b in
      a.subject.utf8.lexicographicallyPrecedes(b.subject.utf8) { Self.rank($0) < Self.rank($1) }
    }
  }

  /// A slash comes before every other byte of a name: no subject stands between another one and its parts.
  private static func rank(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: "/") ? 0 : byte }
}

extension UnsafeRawBufferPointer {
  /// Whether these are the bytes of `word`.
  func spells(_ word: StaticString) -> Bool {
    elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }
}
