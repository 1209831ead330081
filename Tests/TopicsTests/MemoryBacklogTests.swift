import TestRandom
import Testing
import Topics

private func append(_ text: String, to backlog: inout MemoryBacklog, lane: UInt8 = 0) -> Bool {
  Array(text.utf8).withUnsafeBytes { backlog.append(OutgoingRecord(lane: lane, value: $0)) }
}

extension MemoryBacklog {
  /// The next record's text and number; nil if there is none.
  fileprivate var next: (text: String, number: UInt)? {
    var next: (String, UInt)?
    _ = withNext { next = (String(decoding: $0.value ?? .init(start: nil, count: 0), as: UTF8.self), $1) }
    return next
  }
}

/// Hands over all records, and returns their texts and numbers in order.
private func handOver(_ backlog: inout MemoryBacklog) -> [(text: String, number: UInt)] {
  var handed: [(String, UInt)] = []
  while let next = backlog.next {
    handed.append(next)
    backlog.advance()
  }
  return handed
}

@Suite("A backlog in memory")
struct MemoryBacklogTests {
  @Test("records come out in the order in which they were appended, each with its number")
  func order() {
    var backlog = MemoryBacklog(limit: 1 << 20)
    for i in 0..<100 { _ = append("record \(i)", to: &backlog, lane: i % 10 == 9 ? 1 : 0) }
    #expect(backlog.count == 100)
    #expect(backlog.waiting == 100)
    #expect([9, 10, 11].map { backlog.lane(of: $0) } == [0, 1, 0])
    #expect([0, 101].map { backlog.lane(of: $0) } == [nil, nil])
    let handed = handOver(&backlog)
    #expect(handed.map(\.text) == (0..<100).map { "record \($0)" })
    #expect(handed.map(\.number) == Array(1...100))
    #expect(backlog.waiting == 0)
    #expect(backlog.count == 100)
    for record in handed { backlog.acknowledge(record.number) }
    #expect(backlog.count == 0)
  }

  @Test("a record keeps its partition and key; an empty key isn't none, and a tombstone isn't an empty value")
  func parts() {
    typealias Parts = (partition: Int32?, key: [UInt8]?, value: [UInt8]?)
    let all: [Parts] = [
      (nil, nil, [1]), (3, nil, []), (nil, [], nil), (-1, [1, 2], nil),
      (Int32.max, [UInt8](repeating: 9, count: 300), [5]),
    ]
    var backlog = MemoryBacklog(limit: 1 << 20)
    func view(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Void) {
      if let bytes { bytes.withUnsafeBytes(body) } else { body(nil) }
    }
    for parts in all {
      view(parts.key) { key in
        view(parts.value) { value in
          let isTaken = backlog.append(OutgoingRecord(lane: 7, partition: parts.partition, key: key, value: value))
          #expect(isTaken)
        }
      }
    }
    for parts in all {
      var seen = false
      _ = backlog.withNext { record, _ in
        seen =
          record.lane == 7 && record.partition == parts.partition && record.key.map(Array.init) == parts.key
          && record.value.map(Array.init) == parts.value
      }
      #expect(seen, "\(parts)")
      backlog.advance()
    }
    #expect(backlog.next == nil)
  }

  @Test("after a rewind only unacknowledged records are handed over again")
  func rewind() {
    var backlog = MemoryBacklog(limit: 1 << 20)
    for i in 0..<6 { _ = append("\(i)", to: &backlog) }
    let handed = handOver(&backlog)
    for i in [0, 2, 3] { backlog.acknowledge(handed[i].number) }
    backlog.rewind()
    #expect(backlog.waiting == 3)
    let again = handOver(&backlog)
    #expect(again.map(\.text) == ["1", "4", "5"])
    for record in again { backlog.acknowledge(record.number) }
    #expect(backlog.count == 0)
    #expect(handOver(&backlog).isEmpty)
  }

  @Test("a second acknowledgement, or one of a record that wasn't handed over, changes nothing")
  func strangeNumbers() {
    var backlog = MemoryBacklog(limit: 1 << 20)
    for text in ["1", "2"] { _ = append(text, to: &backlog) }
    backlog.advance()
    backlog.acknowledge(1)
    backlog.acknowledge(1)
    for number in [2, 0, .max] as [UInt] { backlog.acknowledge(number) }
    #expect(backlog.count == 1)
    #expect(backlog.waiting == 1)
  }

  @Test("it holds up to its limit in bytes, refuses the rest, and accepts records again once there is room")
  func bound() {
    var backlog = MemoryBacklog(limit: 10_000)
    let record = String(repeating: "7", count: 92)
    let filled = (0..<101).map { _ in append(record, to: &backlog) }
    #expect(filled == Array(repeating: true, count: 100) + [false])
    let handed = handOver(&backlog)
    backlog.acknowledge(handed[0].number)
    let refilled = (0..<2).map { _ in append(record, to: &backlog) }
    #expect(refilled == [true, false])
  }

  @Test("a million records pass through a backlog of three, and every one comes out whole")
  func endless() {
    var backlog = MemoryBacklog(limit: 1 << 20)
    var numbers: [UInt] = []
    for i in 0..<1_000_000 {
      _ = withUnsafeBytes(of: i) { backlog.append(OutgoingRecord(lane: 0, value: $0)) }
      var next: (value: Int, number: UInt) = (-1, 0)
      _ = backlog.withNext { next = ($0.value?.loadUnaligned(as: Int.self) ?? -1, $1) }
      if next != (i, UInt(i + 1)) { Issue.record("\(next) instead of \(i)") }
      numbers.append(next.number)
      backlog.advance()
      // The oldest is acknowledged last, as may happen with several partitions.
      if numbers.count == 3 {
        for number in [numbers[1], numbers[2], numbers[0]] { backlog.acknowledge(number) }
        numbers.removeAll(keepingCapacity: true)
        if backlog.count != 0 { Issue.record("\(backlog.count) left") }
      }
    }
  }

  @Test("after any appends, acknowledgements and rewinds it has the same content as a plain list")
  func random() {
    var random = SeededRandom(seed: 7)
    var backlog = MemoryBacklog(limit: 1 << 20)
    var list: [(number: UInt, text: String, isHanded: Bool)] = []
    var taken: UInt = 0
    for step in 0..<20_000 {
      // More records come than go for a while, then fewer, so that it grows and is emptied.
      switch Int.random(in: 0..<(step / 500 % 2 == 0 ? 5 : 9), using: &random) {
      case 0, 1:
        let text = String(repeating: "\(step) ", count: Int.random(in: 0...60, using: &random))
        guard append(text, to: &backlog) else { continue }
        taken += 1
        list.append((taken, text, false))
      case 2, 3:
        let next = backlog.next.map { "\($0.number) \($0.text)" }
        let place = list.firstIndex { !$0.isHanded }
        if next != place.map({ "\(list[$0].number) \(list[$0].text)" }) {
          Issue.record("step \(step): \(next ?? "nothing")")
        }
        guard let place else { continue }
        backlog.advance()
        list[place].isHanded = true
      case 4 where step % 50 == 0:
        backlog.rewind()
        for place in list.indices { list[place].isHanded = false }
      default:
        let handed = list.prefix { $0.isHanded }.count
        guard handed > 0 else { continue }
        let gone = list.remove(at: Int.random(in: 0..<min(handed, 4), using: &random))
        backlog.acknowledge(gone.number)
      }
      if backlog.count != list.count || backlog.waiting != list.count(where: { !$0.isHanded }) {
        Issue.record("step \(step): \(backlog.count) records instead of \(list.count)")
        return
      }
    }
  }
}
