import Testing

@testable import Evaluator

@Suite("The table of partitions")
struct PartitionTableTests {
  @Test("finds each partition at its place, and no other partition")
  func places() {
    var table = PartitionIndex()
    let partitions = [(0, 3), (1, 0), (0, 0)].map { LogPartition(topic: $0.0, number: Int32($0.1)) }
    table.rebuild(partitions)
    for (place, partition) in partitions.enumerated() {
      #expect(table.place(of: partition) == place)
      #expect(table.place(of: partition) == place)
    }
    for (topic, number) in [(0, 1), (0, 4), (1, 1), (2, 0), (-1, -1), (0, -1)] {
      #expect(table.place(of: LogPartition(topic: topic, number: Int32(number))) == -1)
    }
    table.rebuild([partitions[1]])
    #expect(table.place(of: partitions[0]) == -1)
    #expect(table.place(of: partitions[1]) == 0)
  }
}
