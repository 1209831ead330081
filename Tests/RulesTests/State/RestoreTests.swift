import Records
import Testing

@testable import Rules

@Suite("Restored state")
struct RestoreTests {
  @Test("a restored engine has the state of the one that wrote it")
  func roundTrip() throws {
    let story = Story(
      cpuHigh(warning: 80, critical: 90, hold: .seconds(10)), cpuHigh(name: "fast", critical: 50))
    story.at(0, 60)
    story.at(1, 95) { ($0.boot, $0.sequence) = (7, 1) }
    story.at(2, 96) { ($0.boot, $0.sequence) = (8, 1) }
    story.at(1.5, 20)
    story.at(0, 10, host: "web-2")
    var keeper = Keeper()
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    let restored = try keeper.restored()
    restored.finishReplay(keeper.marker)
    #expect(restored.image() == story.engine.image())
    #expect(restored.alerts().count == 2)
    #expect(restored.counters.firing == 1)
    #expect(restored.counters.pending == 1)
    #expect(restored.counters.subjects == 2)
  }

  /// An engine restored from all of a story's state.
  private func restarted(_ story: Story, _ adjust: (inout Keeper) -> Void = { _ in }) throws -> Engine {
    var keeper = Keeper()
    keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
    adjust(&keeper)
    let engine = try keeper.restored()
    engine.finishReplay(keeper.marker)
    return engine
  }

  private func apply(_ boot: UInt64, _ sequence: Int64, at second: Int64, ownTime: Bool = true, to engine: Engine) {
    var made: [Transition] = []
    var record = PlainRecord(time: second * 1000, ownTime: ownTime, kafkaTime: second * 1000)
    (record.boot, record.sequence) = (boot, sequence)
    record.numbers["cpu_usage"] = 10
    PlainView.with(record, engine.rules.plan) { engine.apply(record: $0, offset: 1000 + second, into: &made) }
  }

  @Test("sequence numbers that begin anew are recognized across a restart")
  func rowOfNumbers() throws {
    let story = Story(cpuHigh())
    for (place, number) in [9, 10, 11, 3, 4].enumerated() {
      story.at(Double(place), 10) { ($0.boot, $0.sequence, $0.ownTime) = (7, Int64(number), false) }
    }
    let engine = try restarted(story)
    #expect(engine.image() == story.engine.image())
    apply(7, 5, at: 5, ownTime: false, to: engine)
    #expect(engine.counters.numbersFell == 1)
  }

  @Test("turns of two producers are counted across a restart, and reported once more by the new process")
  func turns() throws {
    let story = Story(cpuHigh())
    func tell(_ places: Range<Int>) {
      for place in places {
        story.at(Double(place), 10) { ($0.boot, $0.sequence) = (UInt64(7 + place % 2), Int64(place)) }
      }
    }
    tell(0..<4)
    let early = try restarted(story)
    for place in 4..<6 { apply(UInt64(7 + place % 2), Int64(place), at: Int64(place), to: early) }
    #expect(early.counters.sharedNames == 1)
    tell(4..<20)
    let late = try restarted(story)
    for place in 20..<22 { apply(UInt64(7 + place % 2), Int64(place), at: Int64(place), to: late) }
    #expect(late.counters.sharedNames == 1)
    #expect(
      late.takeHappenings() == [.sharedName(subject: "web-1", boots: ["boot-7", "boot-8"], offset: 1021)])
  }

  @Test("a checkpoint with statusd's former own checksum is read")
  func ownChecksum() throws {
    let story = Story(cpuHigh())
    story.at(0, 95)
    let engine = try restarted(story) { keeper in
      let key = Keeper.key(of: "web-1")
      var bytes = Array(keeper.checkpoint(of: "web-1")?.dropLast(4) ?? [])
      #expect(bytes.first == 3)
      bytes[0] = 2
      keeper.put(sealedAsBefore(bytes, for: key), under: key)
    }
    #expect(engine.image() == story.engine.image())
    #expect(engine.counters.firing == 1)
  }

  @Test("a checkpoint of version 1, which has no turns, is read")
  func versionOne() throws {
    let story = Story(cpuHigh())
    story.at(0, 95) { ($0.boot, $0.sequence) = (7, 1) }
    story.at(1, 95) { ($0.boot, $0.sequence) = (8, 1) }
    let engine = try restarted(story) { keeper in
      let key = Keeper.key(of: "web-1")
      var bytes = Array(keeper.checkpoint(of: "web-1")?.dropLast(4) ?? [])
      // One earlier boot with sequence number 1 (zigzag), then the turns.
      let boots: [UInt8] = [1, 7, 0, 0, 0, 0, 0, 0, 0, 2, 0]
      guard let place = bytes.indices.first(where: { bytes[$0...].starts(with: boots) }), bytes[0] == 3 else { return }
      bytes.remove(at: place + boots.count - 1)
      bytes[0] = 1
      keeper.put(sealedAsBefore(bytes, for: key), under: key)
    }
    #expect(engine.image() == story.engine.image())
    #expect(engine.counters.firing == 1)
  }

  @Test("a subject that didn't change since its checkpoint is not written again")
  func writtenOnce() {
    let story = Story(cpuHigh())
    var keeper = Keeper()
    story.engine.now = 1000
    story.at(0, 10)
    keeper.deliver(story.engine, position: 1, changedBefore: 1000)
    #expect(keeper.written == 0)
    #expect(keeper.marker.lowWater == 0)
    keeper.deliver(story.engine, position: 1, changedBefore: 1001)
    #expect(keeper.written == 1)
    #expect(keeper.marker.lowWater == 1)
    keeper.deliver(story.engine, position: 1, changedBefore: .max)
    #expect(keeper.written == 1)
  }
}
