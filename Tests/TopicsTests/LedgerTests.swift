import Kafka
import Platform
import Testing

@testable import Topics

@Suite("The account of a reliable producer")
struct LedgerTests {
  /// A ledger with `count` records, all of them handed over.
  private func ledger(_ count: Int, _ endurance: Endurance, dispensable: Set<UInt8> = []) -> Ledger {
    var ledger = Ledger(MemoryBacklog(limit: 1 << 20), endurance, dispensable: dispensable)
    for number in 0..<count {
      let isTaken = withUnsafeBytes(of: number) { ledger.take(OutgoingRecord(lane: UInt8(number % 2), value: $0)) }
      #expect(isTaken)
    }
    handOver(&ledger)
    return ledger
  }

  private func handOver(_ ledger: inout Ledger) {
    while ledger.backlog.withNext({ _, _ in }) { ledger.backlog.advance() }
  }

  /// Settles a record; `code` is nil if it is delivered.
  private func settle(
    _ number: UInt, _ code: KafkaError.Code?, size: Int = 100, isFatal: Bool = false,
    in ledger: inout Ledger
  ) -> KafkaError? {
    let error = code.map { KafkaError(code: $0, message: "no", isFatal: isFatal) }
    return ledger.settle(
      .init(number: number, error: error, code: code ?? KafkaError.Code(rawValue: 0), size: size),
      at: MonotonicTime(nanoseconds: 5))
  }

  @Test(
    "a failed record is kept for the next producer; a refused one is set aside only if it was alone in its batch"
  )
  func endless() {
    var ledger = ledger(3, .endless)
    var dropped = [settle(1, nil, in: &ledger), settle(2, .messageTooLarge, in: &ledger)]
    dropped.append(settle(3, .topicAuthorizationFailed, in: &ledger))
    #expect(dropped == [nil, nil, nil])
    // The refusal is the failure, not the errors that it caused.
    #expect(ledger.failure?.code == .messageTooLarge)
    #expect([ledger.account.taken, ledger.account.delivered, ledger.account.setAside] == [3, 1, 0])
    ledger.rewind()
    #expect(ledger.failure == nil)
    handOver(&ledger)
    ledger.isAlone = true
    #expect(settle(2, .messageTooLarge, in: &ledger)?.code == .messageTooLarge)
    #expect(ledger.failure == nil)
    #expect([ledger.account.delivered, ledger.account.setAside, ledger.account.refused] == [1, 1, 1])
    #expect(ledger.account.lastRefusal == .messageTooLarge)
    #expect(settle(3, .topicAuthorizationFailed, in: &ledger) == nil)
    #expect(ledger.failure?.code == .topicAuthorizationFailed)
    ledger.rewind()
    #expect(ledger.backlog.waiting == 1)
  }

  @Test("a dispensable lane is closed if its topic is forbidden, and its records are set aside")
  func dispensable() {
    var ledger = ledger(4, .endless, dispensable: [1])
    #expect(settle(2, .topicAuthorizationFailed, in: &ledger) != nil)
    #expect(ledger.failure == nil)
    #expect(ledger.closed.keys.sorted() == [1])
    // If the producer has failed with it, the other lanes go on with a new one.
    #expect(settle(4, .topicAuthorizationFailed, isFatal: true, in: &ledger) != nil)
    #expect(ledger.failure?.error.isFatal == true)
    #expect([ledger.account.setAside, ledger.account.refused] == [2, 0])
    #expect(ledger.backlog.count == 2)
    ledger.reopen(at: MonotonicTime(nanoseconds: 7), ifClosedFor: .nanoseconds(3))
    #expect(ledger.closed.keys.sorted() == [1])
    ledger.reopen(at: MonotonicTime(nanoseconds: 8), ifClosedFor: .nanoseconds(3))
    #expect(ledger.closed.isEmpty)
  }

  @Test("a command's refused record is set aside at once; the records of a failed producer are kept")
  func brief() {
    var ledger = ledger(3, .brief)
    #expect(settle(1, .invalidTimestamp, in: &ledger)?.code == .invalidTimestamp)
    #expect(settle(2, .topicAuthorizationFailed, in: &ledger)?.code == .topicAuthorizationFailed)
    #expect(settle(3, .state, isFatal: true, in: &ledger) == nil)
    #expect(ledger.failure?.error.code == .state)
    #expect([ledger.account.setAside, ledger.account.refused] == [2, 1])
    #expect(ledger.account.firstError?.code == .invalidTimestamp)
  }

  @Test("a command's batch that is too large is sent again in smaller ones; a record that was alone is set aside")
  func smaller() {
    var ledger = ledger(2, .brief)
    let usual = ledger.bound
    for _ in 0..<3 {
      #expect(settle(1, .messageTooLarge, in: &ledger) == nil)
      #expect(settle(2, .messageTooLarge, in: &ledger) == nil)
      let before = ledger.bound
      ledger.rewind()
      #expect(ledger.bound.bytes < before.bytes)
      handOver(&ledger)
    }
    #expect(ledger.bound.bytes < usual.bytes)
    #expect(settle(1, .messageTooLarge, size: ledger.bound.bytes, in: &ledger)?.code == .messageTooLarge)
    #expect(settle(2, nil, in: &ledger) == nil)
    #expect(ledger.backlog.count == 0)
  }

  @Test("giving up sets aside every unacknowledged record, and reports each")
  func giveUp() {
    var ledger = ledger(4, .brief)
    #expect(settle(2, nil, in: &ledger) == nil)
    var numbers: [UInt] = []
    ledger.giveUp(KafkaError(code: .state, message: "over")) { numbers.append($0) }
    #expect(numbers == [1, 3, 4])
    #expect(ledger.backlog.count == 0)
    #expect(ledger.account.taken == ledger.account.delivered + ledger.account.setAside)
  }
}
