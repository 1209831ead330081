import Evaluator

/// The source partitions of all topics, numbered consecutively. Cluster and group use these numbers.
package struct SimulatedPlaces: Sendable {
  /// How many partitions each topic has.
  package let counts: [Int32]

  /// The partitions of topics with these counts.
  package init(_ counts: [Int32]) { self.counts = counts }

  /// The number of partitions in all.
  package var count: Int32 { counts.reduce(0, +) }

  /// The number of a partition.
  package func place(of id: LogPartition) -> Int32 { counts[..<id.topic].reduce(0, +) + id.number }

  /// The partition of a number.
  package func id(at place: Int32) -> LogPartition {
    var (topic, number) = (0, place)
    while topic < counts.count - 1, number >= counts[topic] {
      number -= counts[topic]
      topic += 1
    }
    return LogPartition(topic: topic, number: number)
  }

  /// The numbers of a topic's partitions.
  func places(ofTopic topic: Int) -> Range<Int32> {
    let first = counts[..<topic].reduce(0, +)
    return first..<(first + counts[topic])
  }
}
