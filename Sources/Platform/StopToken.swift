import Synchronization

/// Says "stop" once, to every loop that holds one of its tokens.
public final class StopSource: Sendable {
  private let stopped = Atomic<Bool>(false)
  private let wakeups = Mutex<[Wakeup]>([])

  /// A source that hasn't said anything yet.
  public init() {}

  /// What the loops look at.
  public var token: StopToken { StopToken(source: self) }

  /// From now on every token says stopped, and every wake-up registered rings. A second call does nothing.
  public func stop() {
    stopped.store(true, ordering: .releasing)
    wakeups.withLock { wakeups in
      for wakeup in wakeups { wakeup.ring() }
      wakeups = []
    }
  }

  fileprivate var isStopped: Bool { stopped.load(ordering: .acquiring) }

  /// Under the lock either `stop` sees the wake-up, or this sees that it has been said.
  fileprivate func add(_ wakeup: Wakeup) {
    wakeups.withLock { wakeups in
      if isStopped { wakeup.ring() } else { wakeups.append(wakeup) }
    }
  }
}

/// Whether a loop shall end. A loop waits on one `Wakeup` for everything; the token rings it too.
public struct StopToken: Sendable {
  fileprivate let source: StopSource

  /// Whether `stop()` was called.
  public var isStopped: Bool { source.isStopped }

  /// Rings `wakeup` when `stop()` is called; at once where it was already.
  public func onStop(ring wakeup: Wakeup) { source.add(wakeup) }
}
