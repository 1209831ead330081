import Testing

@testable import Agent

private func text(_ backlog: Backlog, _ entry: Backlog.Entry?) -> String? {
  entry.map { backlog.withValue(of: $0) { String(decoding: $0, as: UTF8.self) } }
}

/// Hands over all records, and returns their texts and tokens in order.
private func handOver(_ backlog: inout Backlog) -> [(text: String, token: UInt)] {
  var handed: [(String, UInt)] = []
  while let entry = backlog.next {
    handed.append((text(backlog, entry) ?? "", entry.token))
    backlog.advance()
  }
  return handed
}

@Suite("Backlog")
struct BacklogTests {
  @Test("records come out in the order in which they were put")
  func order() {
    var backlog = Backlog(limit: 1 << 20)
    for i in 0..<100 { _ = backlog.append(i % 10 == 9 ? .own : .sample, Array("record \(i)".utf8)) }
    #expect(backlog.count == 100)
    #expect(backlog.waiting == 100)
    #expect(backlog.next?.kind == .sample)
    let handed = handOver(&backlog)
    #expect(handed.map(\.text) == (0..<100).map { "record \($0)" })
    #expect(backlog.waiting == 0)
    #expect(backlog.count == 100)
    for record in handed { backlog.acknowledge(record.token) }
    #expect(backlog.count == 0)
  }

  @Test("what isn't acknowledged is handed over again after a rewind, and nothing else")
  func rewind() {
    var backlog = Backlog(limit: 1 << 20)
    for i in 0..<6 { _ = backlog.append(.sample, Array("\(i)".utf8)) }
    let handed = handOver(&backlog)
    for i in [0, 2, 3] { backlog.acknowledge(handed[i].token) }
    backlog.rewind()
    #expect(backlog.waiting == 3)
    let again = handOver(&backlog)
    #expect(again.map(\.text) == ["1", "4", "5"])
    for record in again { backlog.acknowledge(record.token) }
    #expect(backlog.count == 0)
    #expect(backlog.next == nil)
  }

  @Test("a second acknowledgement, or one of something never handed over, changes nothing")
  func strangeTokens() {
    var backlog = Backlog(limit: 1 << 20)
    _ = backlog.append(.sample, [1])
    _ = backlog.append(.sample, [2])
    let second = backlog.next
    backlog.advance()
    if let second {
      backlog.acknowledge(second.token)
      backlog.acknowledge(second.token)
    }
    if let waiting = backlog.next { backlog.acknowledge(waiting.token) }
    backlog.acknowledge(.max)
    #expect(backlog.count == 1)
    #expect(backlog.waiting == 1)
  }

  @Test("it holds up to its limit in bytes, refuses the rest, and accepts records again once there is room")
  func bound() {
    var backlog = Backlog(limit: 10_000)
    let record = [UInt8](repeating: 7, count: 92)
    let filled = (0..<101).map { _ in backlog.append(.sample, record) }
    #expect(filled == Array(repeating: true, count: 100) + [false])
    let handed = handOver(&backlog)
    backlog.acknowledge(handed[0].token)
    let refilled = (0..<2).map { _ in backlog.append(.sample, record) }
    #expect(refilled == [true, false])
  }

  @Test("a million records pass through a backlog of three, and every one comes out whole")
  func endless() {
    var backlog = Backlog(limit: 1 << 20)
    var tokens: [UInt] = []
    for i in 0..<1_000_000 {
      _ = backlog.append(.sample, withUnsafeBytes(of: i) { Array($0) })
      guard let entry = backlog.next else {
        Issue.record("nothing to hand over")
        return
      }
      let value = backlog.withValue(of: entry) { $0.loadUnaligned(as: Int.self) }
      if value != i { Issue.record("\(value) instead of \(i)") }
      tokens.append(entry.token)
      backlog.advance()
      // The two after the oldest are acknowledged first, as with several partitions.
      if tokens.count == 3 {
        for token in [tokens[1], tokens[2], tokens[0]] { backlog.acknowledge(token) }
        tokens.removeAll(keepingCapacity: true)
        if backlog.count != 0 { Issue.record("\(backlog.count) left") }
      }
    }
  }
}
