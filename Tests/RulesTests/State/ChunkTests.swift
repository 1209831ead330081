import Records
import Testing

@testable import Rules

@Suite("Samples in the changelog")
struct ChunkTests {
  private let average: Rule = {
    var rule = cpuHigh(name: "average", critical: 70)
    (rule.window, rule.aggregate) = (.seconds(100), .avg)
    return rule
  }()

  /// The numbers of the chunks in the changelog.
  private func chunks(_ keeper: Keeper) throws -> [UInt64] {
    try keeper.records.keys.compactMap { key in
      let read = key.withUnsafeBytes { key in
        Result { () throws(ChangelogProblem) in try Keeper.scope.read(key) }
      }
      guard case .chunk(_, _, let number) = try read.get() else { return nil }
      return number
    }.sorted()
  }

  @Test("a chunk is written once, when it is full, and removed when it has left the window")
  func writtenOnce() throws {
    let story = Story(average)
    var keeper = Keeper()
    for second in 0..<31 { story.at(Double(second), 50) }
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    #expect(try chunks(keeper) == [])
    story.at(31, 50)
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    #expect(try chunks(keeper) == [0])
    let written = keeper.written
    story.at(32, 50)
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    #expect(keeper.written == written + 1, "the checkpoint alone")
    for second in 33..<140 { story.at(Double(second), 50) }
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    #expect(try chunks(keeper) == [1, 2, 3])
  }

  @Test("a clock set back or a forgotten host removes the chunks")
  func gone() throws {
    let story = Story(average)
    var keeper = Keeper()
    for second in 0..<40 { story.at(Double(second), 50) }
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    #expect(try chunks(keeper) == [0])
    for second in 0..<3 { story.at(Double(second), 50, kafka: Double(100 + second)) }
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    #expect(try chunks(keeper) == [])
    for second in 3..<70 { story.at(Double(second), 50) }
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    #expect(try chunks(keeper) == [2, 3])
    story.forget("web-1")
    keeper.deliver(story.engine, position: story.offset)
    #expect(try chunks(keeper) == [])
  }

  @Test("chunks of a removed rule are removed in steps, even after a restart")
  func leftOver() throws {
    let story = Story(average, cpuHigh())
    var keeper = Keeper()
    for second in 0..<100 { story.at(Double(second), 50) }
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    #expect(try chunks(keeper) == [0, 1, 2])
    story.reload(cpuHigh())
    var crashed = keeper
    keeper.deliver(story.engine, position: story.offset, limit: 0)
    #expect(try chunks(keeper) == [0, 1, 2])
    crashed = keeper
    keeper.deliver(story.engine, position: story.offset, limit: 1)
    #expect(try chunks(keeper) == [])
    let restored = try crashed.restored()
    restored.finishReplay(crashed.marker)
    crashed.deliver(restored, position: story.offset, limit: 2)
    #expect(try chunks(crashed).count == 1)
    crashed.deliver(restored, position: story.offset, limit: 2)
    #expect(try chunks(crashed) == [])
  }

  @Test("decimals with few places are stored compactly, others in full, and both read back")
  func coding() throws {
    let series: [[Double]] = [
      (0..<32).map { Double($0 * 37 % 101) + 0.25 }, (0..<32).map { 1 / Double($0 + 3) },
      Array(repeating: 0, count: 32),
      [1e300, -1e-300, .leastNonzeroMagnitude, 1e15, 0.1, 0.3, -0.000001, 9_007_199_254_740_992],
      [4_503_599_627_370_497.5, 0.5], [1e15, 0.000001],
    ]
    for values in series {
      var room = WindowRoom(maxSamples: 100)
      let chunk = room.chunk(
        0,
        values.enumerated().map {
          StoredSample(time: 1_795_176_000_000 + Int64($0) * 1000, value: $1)
        })
      var writer = BinaryWriter()
      writer.samples(of: room.chunks[chunk].pointee, values.count, base: 0)
      let read = try writer.bytes.withUnsafeBytes { bytes in
        Result { () throws(ChangelogProblem) in
          var reader = BinaryReader(bytes)
          let samples = try reader.samples(values.count, base: 0)
          try reader.end()
          return samples
        }
      }.get()
      #expect(read.map(\.value) == values)
      #expect(read.map(\.time) == values.indices.map { 1_795_176_000_000 + Int64($0) * 1000 })
      if values == series[0] { #expect(writer.bytes.count < 140) }
    }
  }
}
