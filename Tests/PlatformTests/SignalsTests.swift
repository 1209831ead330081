import Glibc
import Platform
import Synchronization
import Testing

@Suite("Signals")
struct SignalsTests {
  /// Runs `body` on a thread of its own: `Signals` changes the mask of the thread that makes it, and a signal sent to
  /// the thread by itself stays there.
  private func onThread(_ body: @escaping @Sendable () throws -> Void) throws {
    let failure = Failure()
    try startThread(name: "signals") {
      do { try body() } catch { failure.error.withLock { $0 = "\(error)" } }
    }.join()
    #expect(failure.error.withLock { $0 } == nil)
  }

  @Test("signals arrive as events, one after the other")
  func events() throws {
    try onThread {
      let signals = try Signals()
      let wakeup = try Wakeup()
      pthread_kill(pthread_self(), SIGHUP)
      #expect(signals.wait(or: wakeup, until: nil) == .reload)
      pthread_kill(pthread_self(), SIGTERM)
      #expect(signals.wait(or: wakeup, until: nil) == .stop)
      pthread_kill(pthread_self(), SIGINT)
      #expect(signals.wait(or: wakeup, until: nil) == .stop)
      #expect(signals.take() == nil)
    }
  }

  @Test("a wake-up and a deadline end the wait without an event")
  func otherEnds() throws {
    try onThread {
      let signals = try Signals()
      let wakeup = try Wakeup()
      wakeup.ring()
      #expect(signals.wait(or: wakeup, until: nil) == nil)
      #expect(!wakeup.drain())
      #expect(signals.wait(or: wakeup, until: SystemTime().monotonic) == nil)
    }
  }
}

private final class Failure: Sendable {
  let error = Mutex<String?>(nil)
}
