import Platform
import Synchronization
import Testing

/// Runs `body` on a thread of its own, and waits for it: `Signals` changes the signal mask of the thread that creates it,
/// and a signal that the thread sends to itself stays on it.
public func onOwnThread(_ body: @escaping @Sendable () throws -> Void) throws {
  let failure = Failure()
  try startThread(name: "test") {
    do { try body() } catch { failure.error.withLock { $0 = "\(error)" } }
  }.join()
  #expect(failure.error.withLock { $0 } == nil)
}

private final class Failure: Sendable {
  let error = Mutex<String?>(nil)
}
