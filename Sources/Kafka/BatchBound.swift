/// The maximum batch size, learned from brokers' refusals. `MSG_SIZE_TOO_LARGE` refuses a whole batch, and tells
/// neither which record is too large nor what the topic allows.
public struct BatchBound: Equatable, Sendable {
  /// The consequence of a refusal.
  public enum Verdict: Equatable, Sendable {
    /// The record was alone in its batch: the topic doesn't accept it.
    case tooLarge
    /// The record was one of several: smaller batches may be accepted.
    case tryAgain
  }

  /// The maximum batch size in bytes (`batch.size`). A larger record is sent alone.
  public private(set) var bytes: Int

  /// The default: librdkafka's own `batch.size`, in bytes.
  public static let usual = 1_000_000
  /// Below this size every record is sent alone.
  private static let least = 4096

  /// A bound of `bytes` bytes, at least 1.
  public init(_ bytes: Int = BatchBound.usual) { self.bytes = max(1, bytes) }

  /// Learns from the refusal of a record of `size` bytes, key and value. A batch never exceeds the bound with more than
  /// one record, so a record of that size was alone.
  ///
  /// - Returns: `.tryAgain` after lowering `bytes`; `.tooLarge` without a change.
  public mutating func refused(size: Int) -> Verdict {
    if size >= bytes { return .tooLarge }
    let smaller = bytes / 8
    bytes = smaller < Self.least ? 1 : smaller
    return .tryAgain
  }
}
