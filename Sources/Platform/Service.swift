import Synchronization

/// A long-running part of the daemon: a loop on a thread of its own.
public protocol Service: Sendable {
  /// For the log: `agent`.
  var name: String { get }

  /// The signs of life of its loops, from `start` on.
  var heartbeats: [Heartbeat] { get }

  /// Starts the loop and returns. Throws where it can't ever run; a broker that is away is no such case.
  func start() throws

  /// It can't go on in this process, and has said why: the others are stopped, too, and the process ends with status 75.
  var hasFailed: Bool { get }

  /// Once it can't go on it rings `wakeup`. Called once, before `start`.
  func onFailure(ring wakeup: Wakeup)

  /// It is told to stop next, and nobody means to start it again soon.
  func leaveForGood()

  /// Ends the loop, handing over what it can, and returns by `deadline` (monotonic), whatever brokers do.
  ///
  /// - Returns: how many records weren't delivered.
  func stop(by deadline: MonotonicTime) -> Int
}

extension Service {
  /// Never.
  public var hasFailed: Bool { false }
  /// It makes no difference.
  public func leaveForGood() {}
  /// There is nothing to ring for.
  public func onFailure(ring wakeup: Wakeup) {}
}

/// Services that are started in order and stopped in reverse.
public final class ServiceGroup: Sendable {
  private struct State {
    /// What is running, in the order in which it was started.
    var running: [any Service] = []
    /// How many records weren't delivered by those that have stopped.
    var undelivered = 0
  }

  /// What is kept for each service that is still to be stopped: enough for a broker that answers.
  private static let reserve = Duration.milliseconds(500)

  private let state = Mutex(State())
  private let log: Logger
  private let time: any TimeSource

  /// A group without services.
  public init(log: Logger, time: any TimeSource = SystemTime()) {
    self.log = log
    self.time = time
  }

  /// The signs of life of all that runs.
  public var heartbeats: [Heartbeat] { state.withLock { $0.running.flatMap(\.heartbeats) } }

  /// Whether one of them can't go on.
  public var hasFailure: Bool { state.withLock { $0.running.contains { $0.hasFailed } } }

  /// The names of all that runs, in the order in which it was started.
  public var names: [String] { state.withLock { $0.running.map(\.name) } }

  /// How many records weren't delivered by the services that have stopped so far.
  public var undelivered: Int { state.withLock { $0.undelivered } }

  /// Starts `service`; what was started before it goes on where it throws.
  public func start(_ service: any Service) throws {
    try service.start()
    state.withLock { $0.running.append(service) }
    log.debug("service started", ["service": .string(service.name)])
  }

  /// Tells all that runs that nobody means to start it again soon.
  public func leaveForGood() { for service in state.withLock({ $0.running }) { service.leaveForGood() } }

  /// Stops all that runs, the last one started first.
  ///
  /// Each may take the time that is left but for half a second for each of the others (an equal share where that is
  /// more), so that one which waits for a silent broker leaves them theirs.
  public func stop(by deadline: MonotonicTime) {
    while let service = state.withLock({ $0.running.last }) {
      let now = time.monotonic
      let left = deadline - now
      let others = state.withLock { $0.running.count } - 1
      let lost = service.stop(by: now + max(left - Self.reserve * others, left / (others + 1)))
      state.withLock { state in
        state.undelivered += lost
        state.running.removeLast()
      }
      log.debug("service stopped", ["service": .string(service.name), "undelivered": .int(lost)])
    }
  }
}
