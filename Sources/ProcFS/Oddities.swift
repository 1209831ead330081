/// What a sample lacks or had to work around. Log each once, not every second.
public struct Oddities: OptionSet, Sendable {
  /// One bit for each oddity.
  public let rawValue: UInt32

  /// The set with these bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// An oddity with its log line.
public struct OddityText: Sendable {
  /// The oddity.
  public let oddity: Oddities
  /// The file, relative to the root.
  public let file: String
  /// The log message, a constant sentence.
  public let sentence: StaticString
  /// The fields of a status record that are missing or estimated because of it.
  public let fields: String
  /// True if it is a property of the kernel or the machine, not a fault.
  public var isOrdinary = false
}

extension Oddities {
  /// All of them, in the order of their bits. Each stands in its collector's file.
  public static let texts = Sampler.kinds.flatMap { $0.oddities }.sorted { $0.oddity.rawValue < $1.oddity.rawValue }
}
