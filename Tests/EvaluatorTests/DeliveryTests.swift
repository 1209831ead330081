import Testing

@testable import Evaluator

@Suite("A delivery")
struct DeliveryTests {
  @Test("goes through its steps once: begin, each transition, the positions, commit")
  func steps() {
    var delivery = Delivery()
    var steps: [Delivery.Step] = []
    repeat { steps.append(delivery.next) } while !delivery.succeeded(of: 2)
    #expect(steps == [.begin, .produce(0), .produce(1), .sendOffsets, .commit])
    #expect(delivery.isIdle)
  }

  @Test("without transitions commits the positions")
  func positionsAlone() {
    var delivery = Delivery()
    var steps: [Delivery.Step] = []
    repeat { steps.append(delivery.next) } while !delivery.succeeded(of: 0)
    #expect(steps == [.begin, .sendOffsets, .commit])
  }

  @Test("repeats the step that may be repeated, and begins anew where the log says so")
  func failures() {
    var delivery = Delivery()
    _ = delivery.succeeded(of: 1)
    delivery.failed(.retry)
    #expect(delivery.next == .produce(0))
    delivery.failed(.deliverAgain)
    #expect(delivery.isIdle)
  }
}
