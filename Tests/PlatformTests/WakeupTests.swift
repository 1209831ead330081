import Glibc
import Platform
import Synchronization
import Testing

@Suite("Wake-ups, stop tokens and manual time")
struct WakeupTests {
  let time = SystemTime()

  @Test("rings before the wait count as one")
  func ringsBeforeTheWait() throws {
    let wakeup = try Wakeup()
    wakeup.ring()
    wakeup.ring()
    #expect(wakeup.wait(until: nil))
    #expect(!wakeup.wait(until: time.monotonic))
  }

  @Test("a wait ends at its deadline, not before")
  func deadline() throws {
    let wakeup = try Wakeup()
    let deadline = time.monotonic + .microseconds(1300)
    #expect(!wakeup.wait(until: deadline))
    #expect(time.monotonic >= deadline)
  }

  @Test("a ring from another thread ends the wait")
  func otherThread() throws {
    let wakeup = try Wakeup()
    let thread = try startThread(name: "ringer") { wakeup.ring() }
    #expect(wakeup.wait(until: nil))
    thread.join()
  }

  @Test("eight bytes written to its descriptor ring it, as librdkafka does it")
  func payload() throws {
    let wakeup = try Wakeup()
    var payload = Wakeup.payload
    #expect(write(wakeup.fileDescriptor, &payload, 8) == 8)
    #expect(wakeup.drain())
    #expect(!wakeup.drain())
  }

  @Test("stop rings every registered wake-up, and later ones at once")
  func stop() throws {
    let source = StopSource()
    let token = source.token
    let (early, late) = (try Wakeup(), try Wakeup())
    token.onStop(ring: early)
    #expect(!token.isStopped)
    #expect(!early.drain())
    source.stop()
    source.stop()
    #expect(token.isStopped)
    #expect(early.drain())
    token.onStop(ring: late)
    #expect(late.drain())
  }

  @Test("a thread that waits by manual time wakes when the clock reaches the deadline")
  func manualTime() throws {
    let time = ManualTime()
    let (wakeup, sleeper) = (try Wakeup(), try Wakeup())
    time.observeSleepers(sleeper)
    let deadline = time.monotonic + .seconds(10)
    let answer = Answer()
    let thread = try startThread(name: "sleeper") {
      answer.rung.withLock { $0 = time.wait(for: wakeup, until: deadline) }
    }
    #expect(sleeper.wait(until: nil))
    #expect(time.nextDeadline == deadline)
    time.advance(by: .seconds(9))
    #expect(!thread.join(until: SystemTime().monotonic))
    time.advance(by: .seconds(1))
    thread.join()
    #expect(answer.rung.withLock { $0 } == false)
    #expect(time.nextDeadline == nil)
  }

  @Test("a ring ends a wait by manual time")
  func ringUnderManualTime() throws {
    let time = ManualTime()
    let wakeup = try Wakeup()
    let answer = Answer()
    let thread = try startThread(name: "sleeper") {
      answer.rung.withLock { $0 = time.wait(for: wakeup, until: time.monotonic + .seconds(1)) }
    }
    wakeup.ring()
    thread.join()
    #expect(answer.rung.withLock { $0 } == true)
  }

  @Test("a wait with a past deadline returns at once, and reports an earlier ring")
  func passedDeadline() throws {
    let time = ManualTime()
    let wakeup = try Wakeup()
    #expect(!time.wait(for: wakeup, until: time.monotonic))
    wakeup.ring()
    #expect(time.wait(for: wakeup, until: time.monotonic))
  }

  @Test("setting the wall clock leaves the monotonic one alone")
  func setWall() {
    let time = ManualTime(wall: WallTime(milliseconds: 5), monotonic: MonotonicTime(nanoseconds: 7))
    time.setWall(WallTime(milliseconds: 3))
    #expect(time.wall == WallTime(milliseconds: 3))
    #expect(time.monotonic == MonotonicTime(nanoseconds: 7))
    time.advance(by: .milliseconds(2))
    #expect(time.wall == WallTime(milliseconds: 5))
  }
}

private final class Answer: Sendable {
  let rung = Mutex<Bool?>(nil)
}
