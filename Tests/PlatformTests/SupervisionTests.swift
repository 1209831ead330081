import Platform
import Testing

@Suite("Supervision")
struct SupervisionTests {
  let start = MonotonicTime(nanoseconds: 0)

  @Test("the watchdog is fed while every loop shows signs of life")
  func feeds() {
    var supervision = Supervision()
    #expect(supervision.handle(.tick(stale: []), now: start) == [.showStatus, .feedWatchdog])
  }

  @Test("a stale loop is logged once, and the watchdog isn't fed until the loop goes on")
  func stale() {
    var supervision = Supervision()
    #expect(supervision.handle(.tick(stale: ["agent"]), now: start) == [.complain(stale: ["agent"]), .showStatus])
    #expect(supervision.handle(.tick(stale: ["agent"]), now: start) == [.showStatus])
    #expect(
      supervision.handle(.tick(stale: ["agent", "evaluator"]), now: start)
        == [.complain(stale: ["agent", "evaluator"]), .showStatus])
    #expect(supervision.handle(.tick(stale: []), now: start) == [.recover, .showStatus, .feedWatchdog])
    #expect(supervision.handle(.tick(stale: []), now: start) == [.showStatus, .feedWatchdog])
  }

  @Test("SIGHUP reloads, but not during shutdown")
  func reload() {
    var supervision = Supervision()
    #expect(supervision.handle(.signal(.reload), now: start) == [.reload])
    _ = supervision.handle(.signal(.stop), now: start)
    #expect(supervision.handle(.signal(.reload), now: start) == [])
  }

  @Test("a signal stops the services, and then the process ends")
  func stop() {
    var supervision = Supervision(closingLimit: .seconds(3), grace: .seconds(1))
    #expect(supervision.handle(.signal(.stop), now: start) == [.stop(by: start + .seconds(3))])
    #expect(supervision.state == .stopping(deadline: start + .seconds(4)))
    #expect(supervision.handle(.stopped(undelivered: 0), now: start) == [.end(.stopped(undelivered: 0))])
    #expect(supervision.state == .ended)
    #expect(supervision.handle(.signal(.stop), now: start) == [])
  }

  @Test("a service that can't go on stops the others, and the process ends with status 75")
  func failed() {
    var supervision = Supervision(closingLimit: .seconds(3), grace: .seconds(1))
    #expect(supervision.handle(.failed, now: start) == [.stop(by: start + .seconds(3))])
    #expect(supervision.handle(.failed, now: start) == [])
    #expect(supervision.handle(.stopped(undelivered: 0), now: start) == [.end(.failed)])
    #expect(Supervision.Ending.failed.exitCode == .temporary)
  }

  @Test("a second signal ends the process at once")
  func secondSignal() {
    var supervision = Supervision()
    _ = supervision.handle(.signal(.stop), now: start)
    #expect(supervision.handle(.signal(.stop), now: start) == [.end(.interrupted)])
  }

  @Test("the wait for a service that doesn't stop ends after the limit and the grace")
  func tooSlow() {
    var supervision = Supervision(closingLimit: .seconds(3), grace: .seconds(1))
    _ = supervision.handle(.signal(.stop), now: start)
    #expect(supervision.handle(.tick(stale: []), now: start + .milliseconds(3999)) == [])
    #expect(supervision.handle(.tick(stale: []), now: start + .seconds(4)) == [.end(.tooSlow)])
  }

  @Test("only an end with everything delivered has status 0")
  func exitCodes() {
    #expect(Supervision.Ending.stopped(undelivered: 0).exitCode == .ok)
    #expect(Supervision.Ending.stopped(undelivered: 1).exitCode == .temporary)
    #expect(Supervision.Ending.tooSlow.exitCode == .temporary)
    #expect(Supervision.Ending.interrupted.exitCode == .temporary)
  }
}
