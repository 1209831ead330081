import Platform
import Rules

/// The newest readings of consumer groups.
public typealias SeenGroups = SeenReadings<SeenGroup>

/// The newest reading of a consumer group, or of one of its topics.
public struct SeenGroup: Sendable {
  /// Its subject: `group/GROUP`, or `group/GROUP/TOPIC`.
  public var subject: String
  /// The group.
  public var group: String
  /// The topic; nil for the whole group.
  public var topic: String?
  /// The moment that it is about.
  public var time: WallTime
  /// Records to the end of all partitions; nil if a partition gives no answer.
  public var lag: Double?
  /// The same of the worst partition.
  public var lagMax: Double?
  /// Age of the oldest record that waits, seconds; nil if unknown.
  public var behind: Double?
  /// Records consumed since the last reading; nil if unknown.
  public var progress: Double?
  /// The time since then, milliseconds.
  public var interval: Double?
  /// The number of members; nil if unknown.
  public var members: Double?
  /// Partitions that give no answer.
  public var missing: Double?
  /// `ok`, `empty`, `stalled`, `stopped`, `rewinding` or `unknown`; nil if it can't be said.
  public var state: String?
  /// The whole record; empty unless it is kept.
  public var value: [UInt8] = []

  /// Which readings are wanted.
  public struct Wanted: ReadingFilter {
    private let names: [Glob]

    /// - Parameter names: globs of groups; all groups if empty.
    public init(names: [String] = []) { self.names = names.map(Glob.init) }

    /// `group` or `group-topic`; nil if the reading isn't wanted.
    public func kind(_ kind: UnsafeRawBufferPointer, of subject: UnsafeRawBufferPointer) -> String? {
      guard kind.spells("group") || kind.spells("group-topic") else { return nil }
      if !names.isEmpty {
        let group = SeenGroup.parts(String(decoding: subject, as: UTF8.self)).group
        guard Array(group.utf8).withUnsafeBytes({ name in names.contains { $0.matches(name) } }) else { return nil }
      }
      return kind.spells("group") ? "group" : "group-topic"
    }
  }

  /// The group and the topic of a subject, unescaped. Of one that was cut, what is left.
  static func parts(_ subject: String) -> (group: String, topic: String?) {
    let parts = subject.split(separator: "/", omittingEmptySubsequences: false).map { String($0).percentDecoded }
    return (parts.count > 1 ? parts[1] : subject, parts.count > 2 ? parts[2] : nil)
  }
}

extension SeenGroup: SeenReading {
  /// In the order of the properties.
  public static let numbers = [
    "lag", "lag_max", "lag_seconds", "progress", "interval_ms", "members", "partitions_missing",
  ]
  /// In the order of the properties.
  public static let texts = ["state"]

  /// As `SeenReading` says.
  public init(
    subject: String, kind: String, time: WallTime, numbers: [Double?], texts: [String?], value: [UInt8]
  ) {
    let (group, topic) = Self.parts(subject)
    self.init(
      subject: subject, group: group, topic: topic, time: time, lag: numbers[0], lagMax: numbers[1],
      behind: numbers[2], progress: numbers[3], interval: numbers[4], members: numbers[5], missing: numbers[6],
      state: texts[0], value: value)
  }
}
