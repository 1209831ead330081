import TestSupport
import Testing

@testable import Kafka

@Suite struct TopicPartitionTests {
  @Test("partitions are ordered by topic, then by number, and printed for people")
  func order() {
    let sorted = [TopicPartition("b", 0), TopicPartition("a", 10), TopicPartition("a", 2)].sorted()
    #expect(sorted.map(\.description) == ["a[2]", "a[10]", "b[0]"])
    #expect("\(PartitionOffset(TopicPartition("a", 2), 7))" == "a[2]@7")
  }

  @Test("an offset is a number or a word")
  func offsets() {
    #expect(
      [Offset.beginning, .end, .stored, .none, 7].map(\.description) == ["beginning", "end", "stored", "none", "7"])
    #expect(Offset(0).isNumber)
    #expect(!Offset.end.isNumber)
  }

  @Test("a list for C reads back as the same entries")
  func lists() throws {
    let entries = [PartitionOffset(TopicPartition("a", 2), 7), PartitionOffset(TopicPartition("b", 0), .beginning)]
    let list = PartitionList(entries)
    let back = list.entries.map(\.0)
    #expect(back == entries)
    try list.check()
    list.pointer.pointee.elems[1].err = .init(3)
    let error = #expect(throws: KafkaError.self) { try list.check() }
    #expect(error?.code == .unknownTopicOrPartition)
    #expect(error?.message.hasPrefix("b[0]: ") == true)
  }
}
