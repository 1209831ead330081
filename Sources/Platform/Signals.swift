import Cglibc
import Glibc
import Synchronization

/// The signals that steer the daemon, taken as events on one thread instead of interrupting any.
///
/// `Signals()` first thing in `main`, before there is a second thread: threads inherit the mask, and a signal that one
/// of them doesn't block would end the process.
public final class Signals: Sendable {
  /// A signal that arrived.
  public enum Event: Sendable, Equatable {
    /// End in good order (SIGTERM from systemd, SIGINT from Ctrl-C, or nobody reads what is shown).
    case stop
    /// Read the configuration again (SIGHUP).
    case reload
  }

  private let descriptor: Int32
  /// Whose reader's end is a stop; -1, which poll(2) leaves out: nobody's.
  private let output: Int32
  private let interrupted = Atomic<Bool>(false)

  /// Whether the last `.stop` was a person's Ctrl-C (SIGINT), which no restart is: systemd sends SIGTERM.
  public var isInterrupt: Bool { interrupted.load(ordering: .relaxed) }

  /// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and all threads that it will start, and ignores SIGPIPE,
  /// which a closed pipe would end the process with. Fails where no file descriptor is left.
  ///
  /// - Parameter output: an open descriptor; once nobody is left who could read what is written to it, that is a `stop`
  ///   as good as any signal: who waits for something to show would never notice otherwise.
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

  /// Waits for a signal, a ring of `wakeup`, or the machine's monotonic clock to come to `deadline` (nil: never).
  ///
  /// - Returns: the signal, or nil where there was none; rings of `wakeup` are taken.
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

  /// Waits for a signal, a ring of `wakeup`, or something to read (or the end) of the descriptor `input`.
  ///
  /// - Returns: whether `input` has something; a signal stays pending (`take`), rings of `wakeup` are taken.
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

  /// Whether nobody is left who could read the output: the other end of its pipe or socket is closed, its terminal gone.
  /// A file always has somebody.
  public var isUnread: Bool {
    var polled = pollfd(fd: output, events: 0, revents: 0)
    return output >= 0 && Glibc.poll(&polled, 1, 0) > 0
  }

  /// The next signal that is pending, or a stop where nobody reads the output any more; without waiting.
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
