/// Where a transition stands in the log.
public struct ForwardPlace: Hashable, Comparable, Sendable {
  /// The topic.
  public enum Source: UInt8, CaseIterable, Sendable {
    /// The last transition of each firing alert: what a receiver that begins is told first.
    case current
    /// All transitions.
    case alerts
  }

  /// The topic.
  public var source: Source
  /// The partition.
  public var partition: Int32
  /// The offset.
  public var offset: Int64

  /// The record at `offset` of a partition.
  public init(_ source: Source, _ partition: Int32, _ offset: Int64) {
    self.source = source
    self.partition = partition
    self.offset = offset
  }

  /// By topic, partition and offset.
  public static func < (a: Self, b: Self) -> Bool {
    (a.source.rawValue, a.partition, a.offset) < (b.source.rawValue, b.partition, b.offset)
  }
}
