import TestSupport
import Testing

@testable import Kafka

@Suite struct PartitionTableTests {
  private let a = TopicPartition("a", 0)
  private let b = TopicPartition("b", 7)

  @Test("a partition keeps its number, whether it is held or not")
  func numbers() {
    var table = PartitionTable()
    #expect(table.index(of: a) == 0)
    #expect(table.index(of: b) == 1)
    table.hold([PartitionOffset(b, 5), PartitionOffset(a, .stored)])
    table.drop([a])
    #expect(table.index(of: a) == 0)
    #expect(table.held == [b])
    #expect(table.knownIndex(of: TopicPartition("c", 0)) == nil)
  }

  @Test("a position only rises, until a seek")
  func positions() {
    var table = PartitionTable()
    table.hold([PartitionOffset(a, 5)])
    table.advance(0, to: 9)
    table.advance(0, to: 7)
    #expect(table.entries[0].position == 9)
    table.seek(a, to: 2)
    #expect(table.entries[0].position == 2)
    table.seek(a, to: .end)
    #expect(table.entries[0].position == nil)
    table.seek(b, to: 3)
    #expect(table.entries.count == 1)
  }

  @Test("a topic handle's name is requested once, and again after the assignment has changed")
  func handles() {
    var table = PartitionTable()
    var asked = 0
    func index(_ handle: UInt, _ name: String) -> Int32 {
      table.index(handle: handle, partition: 0) {
        asked += 1
        return name
      }
    }
    #expect(index(1, "a") == 0)
    #expect(index(1, "other") == 0)
    #expect(asked == 1)
    table.hold([PartitionOffset(a, 0)])
    #expect(index(1, "c") == 1)
    #expect(asked == 2)
  }
}
