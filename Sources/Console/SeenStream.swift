import Platform
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

  /// Which readings are wanted.
  public struct Wanted: ReadingFilter {
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

    /// `stream` or `value`; nil if the reading isn't wanted.
    public func kind(_ kind: UnsafeRawBufferPointer, of subject: UnsafeRawBufferPointer) -> String? {
      let word = kind.spells("stream") ? "stream" : takesValues && kind.spells("value") ? "value" : nil
      return word != nil && covers(subject) ? word : nil
    }

    private func covers(_ subject: UnsafeRawBufferPointer) -> Bool {
      if names.isEmpty { return true }
      let stream = subject.prefix { $0 != UInt8(ascii: "/") }
      return names.contains { $0.matches(subject) || $0.matches(UnsafeRawBufferPointer(rebasing: stream)) }
    }
  }
}

extension SeenStream: SeenReading {
  /// In the order of the properties.
  public static let numbers = [
    "rate", "byte_rate", "delay_ms_avg", "silence_seconds", "partitions_missing", "late_records", "lost",
  ]
  /// None.
  public static let texts: [String] = []

  /// As `SeenReading` says.
  public init(
    subject: String, kind: String, time: WallTime, numbers: [Double?], texts: [String?], value: [UInt8]
  ) {
    self.init(
      subject: subject, kind: kind, time: time, rate: numbers[0], byteRate: numbers[1], delay: numbers[2],
      silence: numbers[3], missing: numbers[4], late: numbers[5], lost: numbers[6], value: value)
  }
}
