import Kafka
import Platform
import Testing

@testable import Evaluator
@testable import KafkaEvaluator

@Suite("Partitions without an owner")
struct OwnershipTests {
  private let all = (0..<3).map { TopicPartition("t", $0) }
  private let now = MonotonicTime(nanoseconds: 1_000_000_000)

  @Test("owners are checked once after an assignment if all partitions have one")
  func owned() {
    var ownership = Ownership()
    ownership.noteAssignment(now)
    #expect(ownership.nextLook == now + Ownership.delay)
    #expect(ownership.note(all, of: all, now).isEmpty)
    #expect(ownership.nextLook == nil)
  }

  @Test("a partition that has no owner twice is reported; one that has moved meanwhile isn't")
  func unowned() {
    var ownership = Ownership()
    ownership.noteAssignment(now)
    #expect(ownership.note([all[0]], of: all, now).isEmpty)
    #expect(ownership.nextLook == now + Ownership.pause)
    #expect(ownership.note([all[0], all[2]], of: all, now) == [all[1]])
    #expect(ownership.note(all, of: all, now).isEmpty)
    #expect(ownership.nextLook == nil)
  }

  @Test("a group that rebalances or doesn't answer is asked again")
  func silent() {
    var ownership = Ownership()
    ownership.noteAssignment(now)
    ownership.isAsked = true
    #expect(ownership.note(nil, of: all, now).isEmpty)
    #expect(!ownership.isAsked)
    #expect(ownership.nextLook == now + Ownership.pause)
    // An assignment starts the check anew.
    _ = ownership.note([], of: all, now)
    ownership.noteAssignment(now)
    #expect(ownership.note([], of: all, now).isEmpty)
  }
}
