import Kafka
import Platform
import Testing

@testable import Evaluator
@testable import KafkaEvaluator

@Suite("Partitions that are nobody's")
struct OwnershipTests {
  private let all = (0..<3).map { TopicPartition("t", $0) }
  private let now = MonotonicTime(nanoseconds: 1_000_000_000)

  @Test("after an assignment it is looked once, where everything has an owner")
  func owned() {
    var ownership = Ownership()
    ownership.noteAssignment(now)
    #expect(ownership.nextLook == now + Ownership.delay)
    #expect(ownership.note(all, of: all, now).isEmpty)
    #expect(ownership.nextLook == nil)
  }

  @Test("what is nobody's twice is said; what has moved meanwhile isn't")
  func unowned() {
    var ownership = Ownership()
    ownership.noteAssignment(now)
    #expect(ownership.note([all[0]], of: all, now).isEmpty)
    #expect(ownership.nextLook == now + Ownership.pause)
    #expect(ownership.note([all[0], all[2]], of: all, now) == [all[1]])
    #expect(ownership.note(all, of: all, now).isEmpty)
    #expect(ownership.nextLook == nil)
  }

  @Test("a group that is just sharing out, or says nothing, is asked again")
  func silent() {
    var ownership = Ownership()
    ownership.noteAssignment(now)
    ownership.isAsked = true
    #expect(ownership.note(nil, of: all, now).isEmpty)
    #expect(!ownership.isAsked)
    #expect(ownership.nextLook == now + Ownership.pause)
    // An assignment begins it anew.
    _ = ownership.note([], of: all, now)
    ownership.noteAssignment(now)
    #expect(ownership.note([], of: all, now).isEmpty)
  }
}
