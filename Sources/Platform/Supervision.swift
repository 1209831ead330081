/// Decides what a supervisor does next. It has no side effects; times are arguments.
public struct Supervision: Sendable {
  /// The phase of the daemon's life.
  public enum State: Equatable, Sendable {
    /// The services run.
    case running
    /// The services are being stopped. The process ends at `deadline` at the latest, even if they still run.
    case stopping(deadline: MonotonicTime)
    /// Only the end of the process is left to do.
    case ended
  }

  /// What happened.
  public enum Event: Equatable, Sendable {
    /// A signal.
    case signal(Signals.Event)
    /// A tick of the timer; the heartbeats of these loops are stale.
    case tick(stale: [String])
    /// A service can't go on; it has logged why.
    case failed
    /// All services have stopped and left this many records undelivered.
    case stopped(undelivered: Int)
  }

  /// A step to take. Steps are taken in order.
  public enum Action: Equatable, Sendable {
    /// Refresh the status line.
    case showStatus
    /// Feed the watchdog.
    case feedWatchdog
    /// Log that the heartbeats of these loops are stale; the watchdog isn't fed.
    case complain(stale: [String])
    /// Log that all loops are alive again.
    case recover
    /// Read the configuration again.
    case reload
    /// Stop the services by then.
    case stop(by: MonotonicTime)
    /// End the process.
    case end(Ending)
  }

  /// How the process ends.
  public enum Ending: Equatable, Sendable {
    /// After an orderly stop that left this many records undelivered.
    case stopped(undelivered: Int)
    /// Because a service couldn't go on.
    case failed
    /// A service didn't stop in time.
    case tooSlow
    /// A second signal came.
    case interrupted

    /// The exit status of the process.
    public var exitCode: ExitCode { self == .stopped(undelivered: 0) ? .ok : .temporary }
  }

  /// The current phase.
  public private(set) var state = State.running
  private let closingLimit: Duration
  private let grace: Duration
  private var saidStale: [String] = []
  private var hasFailed = false

  /// - Parameters:
  ///   - closingLimit: the time that the services have to stop.
  ///   - grace: the additional wait for a service that exceeds that time.
  public init(closingLimit: Duration = .seconds(3), grace: Duration = .seconds(1)) {
    self.closingLimit = closingLimit
    self.grace = grace
  }

  /// Returns the actions for `event` at `now`.
  public mutating func handle(_ event: Event, now: MonotonicTime) -> [Action] {
    switch (state, event) {
    case (.running, .signal(.reload)): return [.reload]
    case (.running, .signal(.stop)):
      state = .stopping(deadline: now + closingLimit + grace)
      return [.stop(by: now + closingLimit)]
    case (.running, .failed):
      hasFailed = true
      state = .stopping(deadline: now + closingLimit + grace)
      return [.stop(by: now + closingLimit)]
    case (.running, .tick(let stale)): return tick(stale: stale)
    case (.stopping, .signal(.stop)): return end(.interrupted)
    case (.stopping, .stopped(let undelivered)): return end(hasFailed ? .failed : .stopped(undelivered: undelivered))
    case (.stopping(let deadline), .tick): return now >= deadline ? end(.tooSlow) : []
    case (.stopping, .signal(.reload)), (.stopping, .failed), (.running, .stopped), (.ended, _): return []
    }
  }

  private mutating func end(_ ending: Ending) -> [Action] {
    state = .ended
    return [.end(ending)]
  }

  private mutating func tick(stale: [String]) -> [Action] {
    defer { saidStale = stale }
    if stale.isEmpty { return (saidStale.isEmpty ? [] : [.recover]) + [.showStatus, .feedWatchdog] }
    return (stale == saidStale ? [] : [.complain(stale: stale)]) + [.showStatus]
  }
}
