import Synchronization

/// A long-running part of the daemon: a loop on a thread of its own.
public protocol Service: Sendable {
  /// The service's name in the log: `agent`.
  var name: String { get }

  /// The heartbeats of its loops, valid once started.
  var heartbeats: [Heartbeat] { get }

  /// Starts the loop and returns. Throws if the loop can never run; an unreachable broker is no such case.
  func start() throws

  /// Whether the service can't go on in this process. It has then logged why; the other services are stopped, too, and
  /// the process ends with status 75.
  var hasFailed: Bool { get }

  /// Registers `wakeup`, to be rung once the service can't go on. Called once, before `start`.
  func onFailure(ring wakeup: Wakeup)

  /// Announces that the next stop isn't followed by a restart soon.
  func leaveForGood()

  /// Ends the loop, delivers what it can, and returns by `deadline` (monotonic), even if no broker answers.
  ///
  /// - Returns: how many records weren't delivered.
  func stop(by deadline: MonotonicTime) -> Int
}

extension Service {
  /// The default: a service never fails.
  public var hasFailed: Bool { false }
  /// The default: a stop for good differs in nothing.
  public func leaveForGood() {}
  /// The default: a service that never fails rings nothing.
  public func onFailure(ring wakeup: Wakeup) {}
}

/// Services that are started in order and stopped in reverse.
public final class ServiceGroup: Sendable {
  private struct State {
    /// The running services, in start order.
    var running: [any Service] = []
    /// Records that the stopped services left undelivered.
    var undelivered = 0
  }

  /// The time reserved for each service still to be stopped: enough if the broker answers.
  private static let reserve = Duration.milliseconds(500)

  private let state = Mutex(State())
  private let log: Logger
  private let time: any TimeSource

  /// A group without services.
  public init(log: Logger, time: any TimeSource = SystemTime()) {
    self.log = log
    self.time = time
  }

  /// The heartbeats of all running services.
  public var heartbeats: [Heartbeat] { state.withLock { $0.running.flatMap(\.heartbeats) } }

  /// Whether a running service can't go on.
  public var hasFailure: Bool { state.withLock { $0.running.contains { $0.hasFailed } } }

  /// The names of the running services, in start order.
  public var names: [String] { state.withLock { $0.running.map(\.name) } }

  /// The number of records that the services stopped so far left undelivered.
  public var undelivered: Int { state.withLock { $0.undelivered } }

  /// Starts `service`. If it throws, the services started before it go on.
  public func start(_ service: any Service) throws {
    try service.start()
    state.withLock { $0.running.append(service) }
    log.debug("service started", ["service": .string(service.name)])
  }

  /// Tells all running services that the next stop isn't followed by a restart soon.
  public func leaveForGood() { for service in state.withLock({ $0.running }) { service.leaveForGood() } }

  /// Stops all running services, the last one started first.
  ///
  /// Each may use the time left, minus half a second for each of the others, and never less than an equal share. So a
  /// service that waits for a silent broker leaves the others enough time.
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
