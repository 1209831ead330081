import Records
import TestRandom
import Testing

@testable import Rules

@Suite("Damaged state")
struct DamageTests {
  /// A story of two subjects with everything that a checkpoint can contain.
  private func story() -> Story {
    var average = cpuHigh(name: "average", critical: 70)
    (average.window, average.aggregate) = (.seconds(60), .avg)
    var often = cpuHigh(name: "often", warning: 60, critical: 90)
    often.atLeast = Rule.AtLeast(count: 3, of: 70)
    let story = Story(
      cpuHigh(warning: 80, critical: 90, hold: .seconds(10), keepFiringFor: .seconds(30)),
      cpuHigh(name: "fast", critical: 50), cpuHigh(name: "elsewhere", critical: 95), average, often)
    for host in ["web-1", "web-2"] {
      for second in 0..<72 { story.at(Double(second) / 2 - 40, 50.25 + Double(second), host: host) }
      for second in 0..<8 {
        story.at(Double(second * 5), Double(60 + second * 5), host: host) {
          ($0.boot, $0.sequence) = (UInt64(1 + second / 3), Int64(second))
        }
      }
      story.at(20, 10, host: host)
      story.at(21, 10, host: host)
    }
    return story
  }

  private func kept(_ story: Story) -> Keeper {
    var keeper = Keeper()
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    return keeper
  }

  /// An engine restored from the changelog.
  private func whole(_ keeper: Keeper) throws -> Engine {
    let engine = try keeper.restored()
    engine.finishReplay(keeper.marker)
    return engine
  }

  /// The transitions of `web-2` when the engine goes on.
  private func goOn(_ engine: Engine) -> [Transition] {
    var transitions: [Transition] = []
    for second in 0..<20 {
      for host in ["web-1", "web-2"] {
        var record = PlainRecord(host: host, time: Int64(40_000 + second * 20_000), kafkaTime: Int64(second * 20_000))
        record.numbers["cpu_usage"] = second % 3 == 0 ? 10 : 99
        PlainView.with(record, engine.rules.plan) {
          engine.apply(record: $0, offset: Int64(1000 + second), into: &transitions)
        }
      }
    }
    return transitions.filter { $0.subject == "web-2" }
  }

  @Test("a damaged or truncated checkpoint is reported, its subject begins anew, and others aren't affected")
  func damaged() throws {
    let keeper = kept(story())
    let whole = try whole(keeper)
    let expected = goOn(whole)
    let key = Keeper.key(of: "web-1")
    let bytes = try #require(keeper.checkpoint(of: "web-1"))
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1 << (place % 8)
      for value in [damaged, Array(bytes[..<place])] {
        var spoilt = keeper
        spoilt.put(value, under: key)
        var problems: [ChangelogProblem] = []
        let engine = try spoilt.restored(&problems)
        engine.finishReplay(keeper.marker)
        #expect(problems.count == 1)
        #expect(engine.counters.subjects == 1)
        if place % 16 == 0 { #expect(goOn(engine) == expected) }
      }
    }
  }

  @Test("the next delivery removes a damaged checkpoint")
  func takenAway() throws {
    var keeper = kept(story())
    keeper.put([1, 2, 3], under: Keeper.key(of: "web-1"))
    var problems: [ChangelogProblem] = []
    let engine = try keeper.restored(&problems)
    engine.finishReplay(keeper.marker)
    #expect(engine.hasUrgentState)
    keeper.deliver(engine, position: keeper.marker.position)
    #expect(keeper.checkpoint(of: "web-1") == nil)
    #expect(keeper.checkpoint(of: "web-2") != nil)
  }

  @Test("a checkpoint of another subject or a later version is reported")
  func foreign() throws {
    let keeper = kept(story())
    var swapped = keeper
    swapped.put(keeper.checkpoint(of: "web-2"), under: Keeper.key(of: "web-1"))
    var problems: [ChangelogProblem] = []
    _ = try swapped.restored(&problems)
    #expect(problems == [.seal])
    var newer = try #require(keeper.checkpoint(of: "web-1"))
    newer[0] = CheckpointFormat.version + 1
    swapped.put(newer, under: Keeper.key(of: "web-1"))
    problems = []
    _ = try swapped.restored(&problems)
    #expect(problems == [.newer(version: CheckpointFormat.version + 1)])
  }

  @Test("if a chunk is missing or damaged, only the series with that window begin anew")
  func chunks() throws {
    let keeper = kept(story())
    let whole = try whole(keeper)
    let others = Set(goOn(whole).map(\.rule)).subtracting(["average"])
    let chunk = Keeper.chunkKey(of: "web-1", track: 1 + 5 + 1, number: 1)
    for value: [UInt8]? in [nil, [1, 2, 3], keeper.records[chunk]?.dropLast()] {
      var spoilt = keeper
      spoilt.put(value, under: chunk)
      var problems: [ChangelogProblem] = []
      let engine = try spoilt.restored(&problems)
      engine.finishReplay(keeper.marker)
      #expect(problems.last == .chunkMissing)
      #expect(!engine.alerts().contains { $0.rule == "average" && $0.subject == "web-1" })
      #expect(engine.alerts().contains { $0.rule == "average" && $0.subject == "web-2" })
      #expect(engine.alerts().count == story().engine.alerts().count - 1)
      spoilt.deliver(engine, position: keeper.marker.position)
      #expect(spoilt.records[chunk] == nil, "it is taken away, and so are the others of its track")
      problems = []
      _ = try spoilt.restored(&problems)
      #expect(problems == [])
      #expect(others.isSubset(of: Set(goOn(engine).map(\.rule))))
    }
  }

  @Test("10,000 chunks with changed bytes and a valid checksum never trap")
  func mutatedChunks() throws {
    let keeper = kept(story())
    let key = Keeper.chunkKey(of: "web-1", track: 1 + 5 + 1, number: 1)
    let bytes = try #require(keeper.records[key])
    var random = SeededRandom(seed: 3)
    var refused = 0
    for number in 0..<10_000 {
      var mutated = keeper
      mutated.put(sealed(mutate(bytes, &random), key), under: key)
      var problems: [ChangelogProblem] = []
      let engine = try mutated.restored(&problems)
      refused += problems.isEmpty ? 0 : 1
      engine.finishReplay(keeper.marker)
      if number % 8 == 0 { _ = goOn(engine) }
    }
    #expect(refused > 1000)
  }

  @Test("10,000 checkpoints with changed bytes and a valid checksum never trap, and affect no other subject")
  func mutatedCheckpoints() throws {
    let keeper = kept(story())
    let whole = try whole(keeper)
    let expected = goOn(whole)
    let key = Keeper.key(of: "web-1")
    let bytes = try #require(keeper.checkpoint(of: "web-1"))
    var random = SeededRandom(seed: 1)
    var refused = 0
    for number in 0..<10_000 {
      var mutated = keeper
      mutated.put(sealed(mutate(bytes, &random), key), under: key)
      var problems: [ChangelogProblem] = []
      let engine = try mutated.restored(&problems)
      refused += problems.count
      engine.finishReplay(keeper.marker)
      _ = engine.image()
      if number % 8 == 0 { #expect(goOn(engine) == expected) }
    }
    #expect(refused > 3000)
  }

  @Test("10,000 rule sets with changed bytes and a valid checksum never trap")
  func mutatedRules() throws {
    let story = story()
    let keeper = kept(story)
    var writer = BinaryWriter()
    Keeper.scope.writeRulesKey(of: 3, to: &writer)
    let key = writer.bytes
    let bytes = try #require(keeper.records[key])
    var random = SeededRandom(seed: 2)
    var refused = 0
    for _ in 0..<10_000 {
      var mutated = keeper
      mutated.put(sealed(mutate(bytes, &random), key), under: key)
      var problems: [ChangelogProblem] = []
      guard let engine = try? mutated.restored(&problems) else {
        refused += 1
        continue
      }
      engine.finishReplay(keeper.marker)
      _ = goOn(engine)
    }
    #expect(refused > 3000)
  }

  private func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = Array(bytes.dropLast(4))
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      // Keeps the version, because this tests the bytes after it.
      let place = Int.random(in: 1..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[place] = random.pick([0, 0x7F, 0x80, 0xFF])
      case 2: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
      default: bytes.remove(at: place)
      }
      if bytes.count < 2 { break }
    }
    return bytes
  }

  /// The bytes with the checksum of their version.
  private func sealed(_ bytes: [UInt8], _ key: [UInt8]) -> [UInt8] {
    let isChunk = key.first == UInt8(ascii: "w")
    if let version = bytes.first, version < (isChunk ? 2 : 3) { return sealedAsBefore(bytes, for: key) }
    var writer = BinaryWriter()
    writer.raw(bytes)
    key.withUnsafeBytes { writer.seal(for: $0) }
    return writer.bytes
  }
}
