import TestSupport
import Testing

@testable import Kafka

@Suite("The bound of batches") struct BatchBoundTests {
  @Test("each refusal makes batches smaller, until a refused record was alone in its batch")
  func shrinks() {
    var bound = BatchBound(1_000_000)
    var sizes: [Int] = []
    while bound.refused(size: 500) == .tryAgain { sizes.append(bound.bytes) }
    #expect(sizes == [125_000, 15_625, 1])
  }

  @Test("a record as large as a batch was alone in it, so its own size is the cause")
  func alone() {
    var bound = BatchBound(4000)
    #expect(bound.refused(size: 4000) == .tooLarge)
    #expect(bound.bytes == 4000)
  }
}
