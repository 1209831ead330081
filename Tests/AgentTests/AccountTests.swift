import Platform
import ProcFS
import Testing

@testable import Agent

private func at(_ seconds: Int64) -> WallTime { WallTime(milliseconds: seconds * 1000) }
private func monotonic(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

@Suite("Accounts of losses and oddities")
struct AccountTests {
  @Test("a loss has the times and sequence numbers of its first and last sample, and its count")
  func loss() {
    var account = LossAccount()
    let begins = (10...12).map { account.lose(at: at($0), sequence: 100 + $0) }
    #expect(begins == [true, false, false])
    let ended = [account.end(), account.end()]
    #expect(ended == [Loss(first: at(10), last: at(12), sequences: 110...112, count: 3), nil])
    let beginsAgain = account.lose(at: at(20), sequence: 120)
    #expect(beginsAgain)
    #expect(account.total == 4)
  }

  @Test("an oddity is logged once, however long it lasts and however often it comes and goes within the hour")
  func oddities() {
    var log = OddityLog()
    let lacks: Oddities = [.noIOPressure, .noLoad]
    var said: [String] = []
    func see(_ oddities: Oddities, at second: Int64) {
      said += log.news(in: oddities, at: monotonic(second)).map { "\(second) \($0.file)" }
    }
    for second in 1..<5000 as Range<Int64> { see(lacks, at: second) }
    see(.noIOPressure, at: 5000)
    see(lacks, at: 8599)
    see([], at: 8600)
    see(.noLoad, at: 12_200)
    see([.noLoad, .noUptime], at: 12_201)
    #expect(said == ["1 loadavg", "1 pressure/io", "12200 loadavg", "12201 uptime"])
  }
}
