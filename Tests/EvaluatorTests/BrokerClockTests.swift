import Platform
import Testing

@testable import Evaluator

@Suite("The brokers' clock")
struct BrokerClockTests {
  private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }
  private func wall(_ seconds: Double) -> WallTime { WallTime(milliseconds: Int64(seconds * 1000)) }

  @Test("is the greatest append time, and never falls")
  func grows() {
    var clock = BrokerClock()
    #expect(clock.time == nil)
    #expect(clock.latest(at: at(1)) == nil)
    clock.tick(wall(100), began: at(1), now: at(1.1))
    clock.tick(wall(99), began: at(2), now: at(2.1))
    #expect(clock.time == 100_000)
    clock.tick(wall(102), began: at(3), now: at(3.1))
    #expect(clock.time == 102_000)
  }

  @Test("bounds what can have been appended by now")
  func bounds() {
    var clock = BrokerClock()
    clock.tick(wall(100), began: at(1), now: at(1.1))
    #expect(clock.latest(at: at(1.1)) == 100_100)
    // A broker whose clock has fallen behind doesn't stop time.
    clock.tick(wall(90), began: at(5), now: at(5.1))
    #expect(clock.latest(at: at(6)) == 105_000)
  }

  @Test("is behind the brokers' own by no more than an acknowledgement took")
  func earliest() {
    var clock = BrokerClock()
    #expect(clock.earliest(at: at(1)) == nil)
    clock.tick(wall(100), began: at(1), now: at(1.5))
    #expect(clock.earliest(at: at(1.5)) == 100_000)
    #expect(clock.earliest(at: at(3)) == 101_500)
    clock.tick(wall(102), began: at(3), now: at(3.25))
    #expect(clock.earliest(at: at(4)) == 102_750)
  }

  @Test("doesn't follow a leap ahead before it has lasted for half a minute")
  func leaps() {
    var clock = BrokerClock()
    clock.tick(wall(100), began: at(0), now: at(0))
    clock.tick(wall(3700), began: at(1), now: at(1))
    #expect(clock.time == 100_000)
    clock.tick(wall(102), began: at(2), now: at(2))
    #expect(clock.time == 102_000)
    for second in 3...32 { clock.tick(wall(3700 + Double(second)), began: at(Double(second)), now: at(Double(second))) }
    #expect(clock.time == 102_000)
    clock.tick(wall(3733), began: at(33), now: at(33))
    #expect(clock.time == 3_733_000)
  }
}
