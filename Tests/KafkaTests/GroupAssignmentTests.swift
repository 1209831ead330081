import TestRandom
import TestSupport
import Testing

@testable import Kafka

@Suite struct GroupAssignmentTests {
  private func partitions(_ bytes: [UInt8]) -> [TopicPartition] {
    bytes.withUnsafeBytes { GroupAssignment.partitions($0) }
  }

  /// Version 1; topic `ab` with partitions 0 and 258, topic `c` with partition 7; no user data.
  private let bytes: [UInt8] = [
    0, 1, 0, 0, 0, 2,
    0, 2, 0x61, 0x62, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 2,
    0, 1, 0x63, 0, 0, 0, 1, 0, 0, 0, 7,
    255, 255, 255, 255,
  ]

  @Test("the partitions of an assignment are parsed")
  func read() {
    #expect(partitions(bytes) == [TopicPartition("ab", 0), TopicPartition("ab", 258), TopicPartition("c", 7)])
    #expect(partitions([]) == [])
  }

  @Test("a truncated assignment, or one with wrong counts, is parsed as far as possible")
  func damaged() {
    for count in 0..<bytes.count { #expect(partitions(Array(bytes.prefix(count))).count <= 3) }
    #expect(partitions([0, 0, 127, 255, 255, 255, 127, 255, 1]) == [])
    #expect(partitions([0, 0, 0, 0, 0, 1, 255, 255, 0, 0, 0, 1]) == [])
    var random = SeededRandom(seed: 7)
    for _ in 0..<1000 {
      let bytes = (0..<Int.random(in: 0..<60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(partitions(bytes).count <= 15)
    }
  }

  private func topics(_ bytes: [UInt8]) -> Set<String>? { bytes.withUnsafeBytes { GroupAssignment.topics($0) } }

  @Test("the topics of an assignment are known only if all of it can be read")
  func topics() {
    #expect(topics(bytes) == ["ab", "c"])
    #expect(topics([]) == [])
    #expect(topics([0, 1, 0, 0, 0, 0]) == [])
    // Without user data, as some clients write it.
    #expect(topics(Array(bytes.dropLast(4))) == ["ab", "c"])
    for count in 1..<(bytes.count - 4) { #expect(topics(Array(bytes.prefix(count))) == nil, "\(count)") }
    #expect(topics([0, 0, 127, 255, 255, 255, 127, 255, 1]) == nil)
    #expect(topics([0, 0, 255, 255, 255, 255]) == nil)
    #expect(topics([0, 0, 0, 0, 0, 1, 255, 255, 0, 0, 0, 1]) == nil)
    #expect(topics([0, 0, 0, 0, 0, 1, 0, 1, 0x61, 255, 255, 255, 255]) == nil)
    // No member has a partition of a topic that is only named.
    #expect(topics([0, 0, 0, 0, 0, 1, 0, 1, 0x61, 0, 0, 0, 0]) == [])
  }
}
