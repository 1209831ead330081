/// How large batches may be, as far as brokers' refusals have shown: `MSG_SIZE_TOO_LARGE` refuses a whole batch, and
/// says neither which record is at fault nor how much the topic takes.
public struct BatchBound: Equatable, Sendable {
  /// What follows from a refusal.
  public enum Verdict: Equatable, Sendable {
    /// The record was alone in its batch: no topic of this kind takes it.
    case tooLarge
    /// It was one of several: smaller batches may be taken.
    case tryAgain
  }

  /// Bytes of a batch at most (`batch.size`); a record that is larger goes alone.
  public private(set) var bytes: Int

  /// Bytes of a batch at most where nobody says otherwise: librdkafka's own `batch.size`.
  public static let usual = 1_000_000
  /// Below this every record goes alone.
  private static let least = 4096

  /// Batches of so many bytes.
  public init(_ bytes: Int = BatchBound.usual) { self.bytes = max(1, bytes) }

  /// A record of `size` bytes, key and value, was refused. A batch takes records only as long as its bound isn't passed, so
  /// that one of that size is alone.
  ///
  /// - Returns: `.tryAgain` where `bytes` is smaller now, or is by a refusal of the same batch.
  public mutating func refused(size: Int) -> Verdict {
    if size >= bytes { return .tooLarge }
    let smaller = bytes / 8
    bytes = smaller < Self.least ? 1 : smaller
    return .tryAgain
  }
}
