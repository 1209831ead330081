/// What a supervisor does next: the decisions of a daemon's life, without the deeds. Times are arguments.
public struct Supervision: Sendable {
  /// Where in its life the daemon is.
  public enum State: Equatable, Sendable {
    /// The services run.
    case running
    /// The services are being stopped; at `deadline` (the latest) the process ends whatever they do.
    case stopping(deadline: MonotonicTime)
    /// Nothing is left to be done but to end the process.
    case ended
  }

  /// What happened.
  public enum Event: Equatable, Sendable {
    /// A signal.
    case signal(Signals.Event)
    /// The time for the next look came; these loops show no sign of life.
    case tick(stale: [String])
    /// A service can't go on, and has said why.
    case failed
    /// All services have stopped, with so many records undelivered.
    case stopped(undelivered: Int)
  }

  /// What is to be done, in this order.
  public enum Action: Equatable, Sendable {
    /// Refresh the status line.
    case showStatus
    /// Feed the watchdog.
    case feedWatchdog
    /// Say that these loops show no sign of life; the watchdog isn't fed.
    case complain(stale: [String])
    /// Say that these loops go on.
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
    /// In good order, with so many records undelivered.
    case stopped(undelivered: Int)
    /// Because a service couldn't go on.
    case failed
    /// A service didn't stop in time.
    case tooSlow
    /// A second signal came.
    case interrupted

    /// What whoever started the process is told.
    public var exitCode: ExitCode { self == .stopped(undelivered: 0) ? .ok : .temporary }
  }

  /// Where in its life the daemon is.
  public private(set) var state = State.running
  private let closingLimit: Duration
  private let grace: Duration
  private var saidStale: [String] = []
  private var hasFailed = false

  /// - Parameters:
  ///   - closingLimit: how long the services have to stop.
  ///   - grace: how long a service that doesn't keep to that is waited for.
  public init(closingLimit: Duration = .seconds(3), grace: Duration = .seconds(1)) {
    self.closingLimit = closingLimit
    self.grace = grace
  }

  /// What `event`, at `now`, leads to.
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
