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
}
