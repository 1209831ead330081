import Synchronization

/// Signals "stop" once to every loop that holds one of its tokens.
public final class StopSource: Sendable {
  private let stopped = Atomic<Bool>(false)
  private let wakeups = Mutex<[Wakeup]>([])

  /// A source that hasn't signalled yet.
  public init() {}

  /// A token for a loop.
  public var token: StopToken { StopToken(source: self) }

  /// Marks every token as stopped and rings every registered wake-up. A second call does nothing.
  public func stop() {
    stopped.store(true, ordering: .releasing)
    wakeups.withLock { wakeups in
      for wakeup in wakeups { wakeup.ring() }
      wakeups = []
    }
  }

  fileprivate var isStopped: Bool { stopped.load(ordering: .acquiring) }

  /// The lock ensures that either `stop` sees the wake-up, or this sees that `stop` was called.
  fileprivate func add(_ wakeup: Wakeup) {
    wakeups.withLock { wakeups in
      if isStopped { wakeup.ring() } else { wakeups.append(wakeup) }
    }
  }
}

/// Tells a loop whether to end. A loop waits on one `Wakeup` for everything; the token rings it, too.
public struct StopToken: Sendable {
  fileprivate let source: StopSource

  /// Whether `stop()` was called.
  public var isStopped: Bool { source.isStopped }

  /// Rings `wakeup` when `stop()` is called; at once if it was called already.
  public func onStop(ring wakeup: Wakeup) { source.add(wakeup) }
}
