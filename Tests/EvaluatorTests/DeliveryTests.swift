import Testing

@testable import Evaluator

@Suite("A delivery")
struct DeliveryTests {
  private func steps(of count: Int, endsStage: (Int) -> Bool) -> [Delivery.Step] {
    var delivery = Delivery()
    var steps: [Delivery.Step] = []
    repeat { steps.append(delivery.next) } while !delivery.succeeded(of: count, endsStage: endsStage)
    return steps
  }

  @Test("takes each step once: begin, each record, a flush after each stage, the positions, commit")
  func steps() {
    #expect(
      steps(of: 3) { $0 >= 1 } == [
        .begin, .produce(0), .produce(1), .flush(2), .produce(2), .flush(3), .sendOffsets, .commit,
      ])
  }

  @Test("commits the positions if there are no records")
  func positionsAlone() {
    #expect(steps(of: 0) { _ in true } == [.begin, .sendOffsets, .commit])
  }

  @Test("repeats a retriable step, and aborts and begins anew if the log requires it")
  func failures() {
    var delivery = Delivery()
    _ = delivery.succeeded(of: 1) { _ in true }
    delivery.failed(.retry)
    #expect(delivery.next == .produce(0))
    delivery.failed(.deliverAgain)
    #expect(delivery.next == .abort)
    delivery.failed(.deliverAgain)
    #expect(delivery.next == .abort)
    _ = delivery.succeeded(of: 1) { _ in true }
    #expect(delivery.isIdle)
    delivery.failed(.deliverAgain)
    #expect(delivery.isIdle)
  }
}
