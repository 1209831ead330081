import Glibc

/// Runs a daemon's services on the main thread until a signal or a failure ends it. It handles SIGHUP, feeds systemd's
/// watchdog while every heartbeat is fresh, updates the status line, and limits how long the shutdown takes.
///
/// Without systemd it sleeps until a signal comes.
public final class Supervisor {
  private let signals: Signals
  private let notifier: SystemdNotifier
  private let log: Logger
  private let time: any TimeSource
  private let group: ServiceGroup
  private let wakeup: Wakeup
  private var supervision = Supervision()
  private var shownStatus = ""
  /// The thread that stops the services.
  private var stopping: JoinHandle?
  /// The minimum interval between two updates of the status line.
  private static let statusInterval = Duration.seconds(5)

  /// Fails if no file descriptor is left.
  public init(
    signals: Signals, notifier: SystemdNotifier, log: Logger, time: any TimeSource = SystemTime()
  ) throws(SystemError) {
    self.signals = signals
    self.notifier = notifier
    self.log = log
    self.time = time
    group = ServiceGroup(log: log, time: time)
    wakeup = try Wakeup()
  }

  /// Starts `services` in order. Returns once they have stopped, or once the time to wait for them is over.
  ///
  /// - Parameters:
  ///   - status: the line that `systemctl status` shows.
  ///   - reload: reads the configuration again and logs the result.
  /// - Returns: how the process ends. Threads of the services may still run (`runningThreads`).
  /// - Throws: the error of a service that can't start; those started before it have been stopped.
  public func run(
    _ services: [any Service], status: () -> String, reload: () -> Void
  ) throws -> Supervision.Ending {
    do {
      for service in services {
        service.onFailure(ring: wakeup)
        try group.start(service)
      }
    } catch {
      group.stop(by: time.monotonic + .seconds(3))
      throw error
    }
    shownStatus = status()
    notifier.ready(status: shownStatus)
    log.notice("started", ["services": .string(group.names.joined(separator: ", "))])
    var nextTick = time.monotonic + tickInterval
    while true {
      let signal = signals.wait(or: wakeup, until: deadline(nextTick: nextTick))
      for event in events(signal: signal, nextTick: &nextTick) {
        for action in supervision.handle(event, now: time.monotonic) {
          if case .end(let ending) = action { return say(ending) }
          perform(action, status: status, reload: reload)
        }
      }
    }
  }

  /// Half the watchdog's interval, as sd_watchdog_enabled(3) advises, at most the status interval.
  private var tickInterval: Duration {
    guard let watchdog = notifier.watchdogInterval else { return Self.statusInterval }
    return min(Self.statusInterval, watchdog / 2)
  }

  private func deadline(nextTick: MonotonicTime) -> MonotonicTime? {
    switch supervision.state {
    case .running: notifier.isActive ? nextTick : nil
    case .stopping(let deadline): deadline
    case .ended: time.monotonic
    }
  }

  private func events(signal: Signals.Event?, nextTick: inout MonotonicTime) -> [Supervision.Event] {
    var events = signal.map { [Supervision.Event.signal($0)] } ?? []
    let now = time.monotonic
    if case .stopping(let deadline) = supervision.state {
      if group.names.isEmpty { return [.stopped(undelivered: group.undelivered)] }
      if now >= deadline { events.append(.tick(stale: [])) }
    } else {
      if group.hasFailure { events.append(.failed) }
      if notifier.isActive, now >= nextTick {
        nextTick = now + tickInterval
        events.append(.tick(stale: group.heartbeats.filter { !$0.isFresh(at: now) }.map(\.name)))
      }
    }
    return events
  }

  private func perform(_ action: Supervision.Action, status: () -> String, reload: () -> Void) {
    switch action {
    case .showStatus:
      let line = status()
      if line != shownStatus, notifier.status(line) { shownStatus = line }
    case .feedWatchdog:
      if notifier.watchdogInterval != nil { notifier.watchdog() }
    case .complain(let stale):
      log.error(
        "a loop shows no sign of life; the watchdog is not fed", ["loops": .string(stale.joined(separator: ", "))])
    case .recover:
      log.notice("all loops show signs of life again")
    case .reload:
      notifier.reloading(now: time.monotonic)
      reload()
      shownStatus = status()
      notifier.ready(status: shownStatus)
    case .stop(let deadline):
      notifier.stopping(status: "stopping")
      if signals.isInterrupt { group.leaveForGood() }
      log.notice("stopping", ["within": .duration(deadline - time.monotonic)])
      let (group, wakeup) = (group, wakeup)
      // On a thread of its own, so that this one still sees a second signal and a hanging service doesn't block it.
      let stopAll: @Sendable () -> Void = {
        group.stop(by: deadline)
        wakeup.ring()
      }
      do { stopping = try startThread(name: "stop", body: stopAll) } catch { stopAll() }
    case .end: break
    }
  }

  private func say(_ ending: Supervision.Ending) -> Supervision.Ending {
    // All services have stopped, so this thread ends within microseconds.
    if case .stopped = ending { stopping?.join() }
    switch ending {
    case .stopped(undelivered: 0): log.notice("stopped, everything delivered")
    case .stopped(let undelivered): log.error("stopped, records not delivered", ["undelivered": .int(undelivered)])
    case .failed: log.error("stopped, because a service can't go on")
    case .tooSlow:
      log.error(
        "a service did not stop in time; ended without it",
        ["services": .string(group.names.joined(separator: ", ")), "undelivered": .int(group.undelivered)])
    case .interrupted:
      log.error(
        "a second signal came; ended at once",
        ["services": .string(group.names.joined(separator: ", ")), "undelivered": .int(group.undelivered)])
    }
    return ending
  }
}
