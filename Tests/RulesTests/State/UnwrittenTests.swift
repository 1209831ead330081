import Records
import TestRandom
import Testing

@testable import Rules

@Suite("Unwritten state")
struct UnwrittenTests {
  /// The hosts whose checkpoints a call writes.
  private func take(
    _ engine: Engine, _ position: Int64, changedBefore time: Int64 = .max, limit: Int = .max
  ) throws -> [String] {
    var keys: [[UInt8]] = []
    engine.takeCheckpoints(position: position, changedBefore: time, limit: limit, scope: Keeper.scope) { key, _ in
      keys.append(Array(key))
    }
    engine.takeForgotten(scope: Keeper.scope) { key, _ in keys.append(Array(key)) }
    return try keys.map { key in
      let read = key.withUnsafeBytes { key in Result { () throws(ChangelogProblem) in try Keeper.scope.read(key) } }
      guard case .checkpoint(let subject) = try read.get() else { return "" }
      return String(decoding: subject, as: UTF8.self)
    }
  }

  @Test("subjects come in the order of their first change, each once, up to the requested number")
  func order() throws {
    let story = Story(cpuHigh())
    let hosts = (0..<3000).map { "web-\($0)" }
    for round in 0..<2 { for host in hosts { story.at(Double(round), 10, host: host) } }
    var given: [String] = []
    while story.engine.unwrittenSubjects > 0 { given += try take(story.engine, story.offset, limit: 700) }
    #expect(given == hosts)
    #expect(try take(story.engine, story.offset) == [])
  }

  @Test("the low-water mark is the first record of the oldest unwritten tenth of a second")
  func lowWater() throws {
    let story = Story(cpuHigh())
    for number in 0..<10 { story.at(Double(number) * 0.06, 10, host: "web-\(number)") }
    #expect(story.engine.oldestUnwritten == 0)
    #expect(story.engine.marker(position: 10).lowWater == 0)
    #expect(try take(story.engine, 10, changedBefore: 100) == ["web-0", "web-1"])
    let marker = story.engine.marker(position: 10)
    #expect(marker.lowWater == 2)
    #expect(marker.lowWaterLogTime == 120)
    #expect(marker.logTime == 540)
    #expect(try take(story.engine, 10, limit: 1) == ["web-2"])
    #expect(story.engine.marker(position: 10).lowWater == 2, "the other of its tenth of a second waits still")
    #expect(try take(story.engine, 10).count == 7)
    #expect(story.engine.marker(position: 10).lowWater == 10)
    #expect(story.engine.oldestUnwritten == nil)
  }

  @Test("a subject that changes again after its checkpoint waits anew")
  func again() throws {
    let story = Story(cpuHigh())
    story.at(0, 10)
    #expect(try take(story.engine, 1) == ["web-1"])
    story.at(1, 10)
    #expect(story.engine.marker(position: 2).lowWater == 1)
    #expect(try take(story.engine, 2) == ["web-1"])
  }

  @Test("a subject without a value for any rule isn't written")
  func blank() throws {
    let story = Story(cpuHigh(match: [Rule.Match(field: "host", glob: "web-*")]))
    story.at(0, nil)
    story.at(0, 95, host: "db-1")
    #expect(try take(story.engine, 2) == [])
    #expect(story.engine.marker(position: 2).lowWater == 2)
  }

  @Test("a subject that is forgotten before its turn isn't written; a new one in its place is")
  func gone() throws {
    let story = Story(cpuHigh())
    story.at(0, 10)
    story.at(0, 10, host: "web-2")
    story.forget("web-1")
    story.at(1, 10, host: "web-3")
    #expect(Set(try take(story.engine, 4)) == ["web-2", "web-3"])
    #expect(!story.engine.hasUrgentState, "nobody had written of it")
    story.forget("web-3")
    #expect(story.engine.hasUrgentState)
    #expect(story.engine.marker(position: 5).lowWater == 3, "until it is taken away, what ended it is read again")
    #expect(try take(story.engine, 5, changedBefore: .min, limit: 0) == ["web-3"])
    #expect(!story.engine.hasUrgentState)
    #expect(story.engine.marker(position: 5).lowWater == 5)
  }

  @Test("a ring buffer wraps around and grows in order")
  func rings() {
    var ring = Ring<Int>()
    var model: [Int] = []
    var random = SeededRandom(seed: 5)
    for number in 0..<5000 {
      if random.once(in: number < 2500 ? 3 : 2), !model.isEmpty {
        let first = ring.popFirst()
        #expect(first == model.removeFirst())
      } else {
        ring.append(number)
        model.append(number)
      }
      let count = ring.count
      #expect(count == model.count)
    }
    var left: [Int] = []
    for place in 0..<ring.count { left.append(ring[place]) }
    #expect(left == model)
    left = []
    while let first = ring.popFirst() { left.append(first) }
    #expect(left == model)
  }

  @Test("records to remove come up to the requested number, with whole ranges of chunks at once")
  func goneRecords() {
    var gone = GoneRecords()
    "web-1".utf8.withContiguousStorageIfAvailable {
      gone.append(UnsafeRawBufferPointer($0))
      gone.append(UnsafeRawBufferPointer($0), track: 7, chunks: 3..<6)
      gone.append(UnsafeRawBufferPointer($0), track: 7, chunks: 9..<10)
    }
    var given: [String] = []
    func take(_ limit: Int) {
      gone.take(limit: limit) { name, track, number in
        given.append("\(String(decoding: name, as: UTF8.self)) \(track) \(number)")
      }
    }
    take(0)
    #expect(given == [])
    take(2)
    #expect(given == ["web-1 0 0", "web-1 7 3", "web-1 7 4", "web-1 7 5"])
    take(.max)
    #expect(given.dropFirst(4) == ["web-1 7 9"])
    let isEmpty = gone.isEmpty
    #expect(isEmpty)
  }
}
