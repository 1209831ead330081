import Kafka
import Platform
import ProcFS
import Testing

@testable import Agent

private func at(_ seconds: Int64) -> WallTime { WallTime(milliseconds: seconds * 1000) }
private func monotonic(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

@Suite("Accounts of what is lost and what is odd")
struct AccountTests {
  @Test("a loss is told from its first sample to its last, by time, number and count")
  func loss() {
    var account = LossAccount()
    #expect(account.end() == nil)
    let begins = (10...12).map { account.lose(at: at($0), sequence: 100 + $0) }
    #expect(begins == [true, false, false])
    #expect(account.end() == Loss(first: at(10), last: at(12), sequences: 110...112, count: 3))
    #expect(account.end() == nil)
    let beginsAgain = account.lose(at: at(20), sequence: 120)
    #expect(beginsAgain)
    #expect(account.total == 4)
  }

  @Test("an oddity is said once, however long it lasts and however often it flickers within the hour")
  func oddities() {
    var log = OddityLog()
    let lacks: Oddities = [.noIOPressure, .noLoad]
    #expect(log.news(in: lacks, at: monotonic(1)).map(\.file) == ["loadavg", "pressure/io"])
    for second in 2..<5000 { #expect(log.news(in: lacks, at: monotonic(Int64(second))).isEmpty) }
    #expect(log.news(in: .noIOPressure, at: monotonic(5000)).isEmpty)
    #expect(log.news(in: lacks, at: monotonic(8599)).isEmpty)
    #expect(log.news(in: [], at: monotonic(8600)).isEmpty)
    #expect(log.news(in: .noLoad, at: monotonic(12_200)).map(\.file) == ["loadavg"])
    #expect(log.news(in: [.noLoad, .noUptime], at: monotonic(12_201)).map(\.file) == ["uptime"])
  }

  @Test("a delivery that failed is kept for the next producer; one that no broker ever takes is counted")
  func ledger() {
    var ledger = Ledger(backlogBytes: 10_000)
    var tokens: [UInt] = []
    for byte in 0..<3 as Range<UInt8> { _ = ledger.backlog.append(.sample, [byte]) }
    while let entry = ledger.backlog.next {
      tokens.append(entry.token)
      ledger.backlog.advance()
    }
    ledger.settle(tokens[0], nil)
    ledger.settle(tokens[1], KafkaError(code: .messageTooLarge, message: "too large"))
    #expect(ledger.failure == nil)
    ledger.settle(tokens[2], KafkaError(code: .topicAuthorizationFailed, message: "no"))
    #expect(ledger.failure?.code == .topicAuthorizationFailed)
    #expect(ledger.counts == .init(delivered: 1, refused: 1))
    ledger.rewind()
    #expect(ledger.failure == nil)
    #expect(ledger.backlog.waiting == 1)
  }
}
