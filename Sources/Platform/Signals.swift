import Cglibc
import Glibc
import Synchronization

/// The signals that control the daemon, received as events on one thread instead of interrupting any thread.
///
/// Create it first thing in `main`, before a second thread exists: threads inherit the signal mask, and a signal that
/// some thread doesn't block would kill the process.
public final class Signals: Sendable {
  /// A signal that arrived.
  public enum Event: Sendable, Equatable {
    /// Shut down (SIGTERM from systemd, SIGINT from Ctrl-C, or the output has lost its reader).
    case stop
    /// Read the configuration again (SIGHUP).
    case reload
  }

  private let descriptor: Int32
  /// The descriptor whose loss of its reader counts as a stop; -1, which poll(2) ignores, if there is none.
  private let output: Int32
  private let interrupted = Atomic<Bool>(false)

  /// Whether the last `.stop` was SIGINT, a person's Ctrl-C. That is never a restart: systemd sends SIGTERM.
  public var isInterrupt: Bool { interrupted.load(ordering: .relaxed) }

  /// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and all threads that it starts later. Ignores SIGPIPE,
  /// which would kill the process when a pipe closes. Fails if no file descriptor is left.
  ///
  /// - Parameter output: an open descriptor. Losing its last reader counts as `stop`: a program that waits for
  ///   something to show would not notice otherwise.
  public init(stoppingWithoutReaderOf output: Int32? = nil) throws(SystemError) {
    self.output = output ?? -1
    var mask = sigset_t()
    sigemptyset(&mask)
    for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&mask, number) }
    let failed = pthread_sigmask(SIG_BLOCK, &mask, nil)
    if failed != 0 { throw SystemError(call: "pthread_sigmask", code: failed) }
    signal(SIGPIPE, SIG_IGN)
    descriptor = statusd_signalfd(&mask)
    if descriptor < 0 { throw SystemError(call: "signalfd") }
  }

  deinit { close(descriptor) }

  /// Waits for a signal, a ring of `wakeup`, or the machine's monotonic clock to reach `deadline` (nil: never).
  ///
  /// - Returns: the signal; nil if there was none. Clears the rings of `wakeup`.
  public func wait(or wakeup: Wakeup, until deadline: MonotonicTime?) -> Event? {
    withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 3) { polled in
      polled[0] = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      polled[1] = pollfd(fd: wakeup.fileDescriptor, events: Int16(POLLIN), revents: 0)
      polled[2] = pollfd(fd: output, events: 0, revents: 0)
      while poll(polled.baseAddress, count: 3, until: deadline) < 0 {}
      wakeup.drain()
      return take()
    }
  }

  /// Waits for a signal, a ring of `wakeup`, or for input (or end of file) on the descriptor `input`.
  ///
  /// - Returns: whether `input` is readable. A signal stays pending (see `take`); the rings of `wakeup` are cleared.
  public func wait(or wakeup: Wakeup, orInput input: Int32) -> Bool {
    withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 4) { polled in
      polled[0] = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      polled[1] = pollfd(fd: wakeup.fileDescriptor, events: Int16(POLLIN), revents: 0)
      polled[2] = pollfd(fd: output, events: 0, revents: 0)
      polled[3] = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
      while poll(polled.baseAddress, count: 4, until: nil) < 0 {}
      wakeup.drain()
      return polled[3].revents != 0
    }
  }

  /// Waits for `duration` or a stop, however often `wakeup` is rung.
  ///
  /// - Returns: whether a stop has come. Clears the rings of `wakeup`.
  public func pause(_ duration: Duration, drainingRingsOf wakeup: Wakeup) -> Bool {
    let time = SystemTime()
    let end = time.monotonic + duration
    while time.monotonic < end {
      if wait(or: wakeup, until: end) == .stop { return true }
    }
    return false
  }

  /// Whether the output has no reader left: the other end of its pipe or socket is closed, or its terminal is gone.
  /// Always false for a file.
  public var isUnread: Bool {
    var polled = pollfd(fd: output, events: 0, revents: 0)
    return output >= 0 && Glibc.poll(&polled, 1, 0) > 0
  }

  /// The next pending signal, or a stop if the output has lost its reader; nil if neither. Doesn't wait.
  public func take() -> Event? {
    let signal = statusd_signalfd_read(descriptor)
    switch signal {
    case SIGTERM, SIGINT:
      interrupted.store(signal == SIGINT, ordering: .relaxed)
      return .stop
    case SIGHUP: return .reload
    default: return isUnread ? .stop : nil
    }
  }
}
