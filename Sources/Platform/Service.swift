/// A long-running part of the daemon: a loop on a thread of its own.
public protocol Service: Sendable {
  /// For the log: `agent`.
  var name: String { get }

  /// The signs of life of its loops, from `start` on.
  var heartbeats: [Heartbeat] { get }

  /// Starts the loop and returns. Throws where it can't ever run; a broker that is away is no such case.
  func start() throws

  /// Ends the loop, handing over what it can, and returns by `deadline` (monotonic), whatever brokers do.
  ///
  /// - Returns: how many records weren't delivered.
  func stop(by deadline: MonotonicTime) -> Int
}

/// Services that are started in order and stopped in reverse.
///
/// Owned by one thread.
public struct ServiceGroup: ~Copyable {
  /// What is running, in the order in which it was started.
  private var running: [any Service] = []
  private let log: Logger
  private let time: any TimeSource

  /// A group without services.
  public init(log: Logger, time: any TimeSource) {
    self.log = log
    self.time = time
  }

  /// The signs of life of all that runs.
  public var heartbeats: [Heartbeat] { running.flatMap(\.heartbeats) }

  /// Starts `service`; what was started before it goes on where it throws.
  public mutating func start(_ service: any Service) throws {
    try service.start()
    running.append(service)
    log.debug("service started", ["service": .string(service.name)])
  }

  /// Stops all that runs, the last one started first.
  ///
  /// Each gets an equal share of the time that is left, so that one which waits for a silent broker leaves the
  /// others theirs; what one doesn't need goes to the next.
  ///
  /// - Returns: how many records weren't delivered in all.
  public mutating func stop(by deadline: MonotonicTime) -> Int {
    var undelivered = 0
    while let service = running.popLast() {
      let now = time.monotonic
      let share = (deadline - now) / (running.count + 1)
      let lost = service.stop(by: now + share)
      undelivered += lost
      log.debug("service stopped", ["service": .string(service.name), "undelivered": .int(lost)])
    }
    return undelivered
  }
}
