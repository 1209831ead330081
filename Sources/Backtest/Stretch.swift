import Platform

/// A stretch of a topic's history: a range of offsets for each partition.
public struct Stretch: Sendable {
  /// The topic.
  public var topic: String
  /// The offsets of each partition by its number; an empty range if there are no records.
  public var offsets: [Int32: Range<Int64>]
  /// The Kafka time of its first record; nil if unknown.
  public var begin: WallTime?

  /// A stretch of `topic`.
  public init(topic: String, offsets: [Int32: Range<Int64>], begin: WallTime? = nil) {
    self.topic = topic
    self.offsets = offsets
    self.begin = begin
  }

  /// The number of offsets in all partitions.
  public var count: Int64 { offsets.values.reduce(0) { $0 + Int64($1.count) } }
}
