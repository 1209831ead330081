import Platform

/// A stretch of a topic's history: for each partition, from which offset up to which.
public struct Stretch: Sendable {
  /// The topic.
  public var topic: String
  /// The offsets of each partition by its number; an empty range where there is nothing.
  public var offsets: [Int32: Range<Int64>]
  /// The Kafka time of its first record; nil: not known.
  public var begin: WallTime?

  /// A stretch of `topic`.
  public init(topic: String, offsets: [Int32: Range<Int64>], begin: WallTime? = nil) {
    self.topic = topic
    self.offsets = offsets
    self.begin = begin
  }

  /// How many offsets there are in all partitions.
  public var count: Int64 { offsets.values.reduce(0) { $0 + Int64($1.count) } }
}
