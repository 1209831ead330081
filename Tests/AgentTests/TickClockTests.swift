import Platform
import Testing

@testable import Agent

private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

@Suite("Ticks")
struct TickClockTests {
  @Test("ticks are at whole intervals from the start, however late the loop wakes")
  func noDrift() {
    var clock = TickClock(start: at(100.25), interval: .seconds(1))
    #expect(clock.tick(at: at(100.25)) == nil)
    #expect(clock.next == at(101.25))
    #expect(clock.tick(at: at(101.249)) == nil)
    #expect(clock.tick(at: at(101.31)) == .init(intervals: 1))
    #expect(clock.next == at(102.25))
    #expect(clock.tick(at: at(102.25)) == .init(intervals: 1))
    #expect(clock.tick(at: at(102.25)) == nil)
    #expect(clock.next == at(103.25))
  }

  @Test("a stall of an hour gives one tick, and the next one is on time again")
  func stall() {
    var clock = TickClock(start: at(0), interval: .seconds(1))
    #expect(clock.tick(at: at(1)) == .init(intervals: 1))
    #expect(clock.tick(at: at(3601.7)) == .init(intervals: 3600))
    #expect(clock.tick(at: at(3601.9)) == nil)
    #expect(clock.next == at(3602))
  }

  @Test("steps of the wall clock are detected, small corrections aren't")
  func drift() {
    var drift = ClockDrift(wall: WallTime(milliseconds: 0), monotonic: at(0))
    #expect(drift.step(wall: WallTime(milliseconds: 1400), monotonic: at(1)) == nil)
    #expect(drift.step(wall: WallTime(milliseconds: 3_602_400), monotonic: at(2)) == .seconds(3600))
    #expect(drift.step(wall: WallTime(milliseconds: 400), monotonic: at(3)) == .seconds(-3603))
    #expect(drift.step(wall: WallTime(milliseconds: 1400), monotonic: at(4)) == nil)
  }
}
