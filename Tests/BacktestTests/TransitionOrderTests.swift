import Platform
import Records
import Testing

@testable import Backtest

@Suite("The order of several partitions' transitions")
struct TransitionOrderTests {
  private func taken(_ order: inout TransitionOrder) -> [String] {
    var subjects: [String] = []
    while let transition = order.next() { subjects.append(transition.subject) }
    return subjects
  }

  @Test("a transition waits until no other partition can have an earlier one")
  func waits() {
    var order = TransitionOrder(lanes: 2)
    order.advance(0, to: 10)
    order.append(.sample("a"), in: 0)
    #expect(taken(&order) == [])
    order.advance(1, to: 5)
    order.append(.sample("b"), in: 1)
    #expect(taken(&order) == ["b"])
    order.advance(1, to: 10)
    #expect(taken(&order) == ["a"])
  }

  @Test("at equal times the lower partition comes first, in whatever order they arrive")
  func ties() {
    var order = TransitionOrder(lanes: 2)
    order.advance(1, to: 10)
    order.append(.sample("b"), in: 1)
    #expect(taken(&order) == [])
    order.advance(0, to: 10)
    order.append(.sample("a"), in: 0)
    #expect(taken(&order) == ["a"])
    // The lower partition may have another one of the same time.
    order.append(.sample("c"), in: 0)
    order.advance(0, to: 11)
    #expect(taken(&order) == ["c", "b"])
  }

  @Test("each partition keeps its own order, even if its times fall")
  func ownOrder() {
    var order = TransitionOrder(lanes: 1)
    for (time, subject) in [(10, "a"), (3, "b"), (-1, "c")] as [(Int64, String)] {
      order.advance(0, to: time)
      order.append(.sample(subject), in: 0)
    }
    #expect(taken(&order) == ["a", "b", "c"])
  }

  @Test("a partition that has ended makes no other wait")
  func ended() {
    var order = TransitionOrder(lanes: 3)
    order.advance(1, to: 10)
    order.append(.sample("a"), in: 1)
    order.finish(0)
    order.finish(2)
    #expect(taken(&order) == ["a"])
  }

  @Test("above the bound the earliest transition doesn't wait")
  func bound() {
    var order = TransitionOrder(lanes: 2)
    for number in 0..<(TransitionOrder.limit + 3) {
      order.advance(0, to: Int64(number))
      order.append(.sample("\(number)"), in: 0)
    }
    #expect(taken(&order) == ["0", "1", "2"])
    order.finish(1)
    #expect(taken(&order).count == TransitionOrder.limit)
  }
}

extension Transition {
  /// A transition of `subject`; `seconds` is the event time since the epoch.
  static func sample(
    _ subject: String, _ status: Status = .firing, at seconds: Int64 = 0, rule: String = "cpu-high",
    reason: Reason? = nil, partition: Int32 = 0, offset: Int64? = nil
  ) -> Transition {
    Transition(
      timestamp: WallTime(milliseconds: seconds * 1000), status: status, severity: .critical, rule: rule,
      subject: subject, metric: "cpu_usage", value: 95, threshold: 90, since: WallTime(milliseconds: seconds * 1000),
      previous: status == .firing ? .inactive : .firing, reason: reason,
      source: SourcePosition(topic: "status_topic", partition: partition, offset: offset ?? seconds))
  }
}
