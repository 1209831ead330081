import Cglibc
import Glibc

/// What one loop waits on: an eventfd(2) that any thread, or a signal handler, may ring.
///
/// Rings between two waits count as one. One loop waits; many may ring.
public final class Wakeup: Sendable {
  /// Readable while rung: for poll(2) beside others, and for librdkafka's `rd_kafka_queue_io_event_enable`, whose
  /// payload must be eight bytes (`Wakeup.payload`).
  public let fileDescriptor: Int32

  /// The eight bytes whose write(2) to `fileDescriptor` rings.
  public static let payload: UInt64 = 1

  /// Fails where the process has no file descriptor left (`EMFILE`, `ENFILE`) or the kernel no memory.
  public init() throws(SystemError) {
    fileDescriptor = statusd_eventfd()
    if fileDescriptor < 0 { throw SystemError(call: "eventfd") }
  }

  deinit { close(fileDescriptor) }

  /// Wakes the loop, now or at its next wait. Never blocks; async-signal-safe.
  public func ring() {
    var one = Self.payload
    // EAGAIN: the counter is full, so it is rung already.
    while write(fileDescriptor, &one, 8) < 0, errno == EINTR {}
  }

  /// Waits until it is rung or the machine's monotonic clock has come to `deadline` (nil: never).
  ///
  /// - Returns: whether it was rung since the last wait, also where the deadline has passed.
  @discardableResult
  public func wait(until deadline: MonotonicTime?) -> Bool {
    var polled = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
    var ready = poll(&polled, count: 1, until: deadline)
    while ready < 0 { ready = poll(&polled, count: 1, until: deadline) }
    return ready > 0 && drain()
  }

  /// Takes the rings so far without waiting; whether there were any.
  @discardableResult
  public func drain() -> Bool {
    var count: UInt64 = 0
    var got = read(fileDescriptor, &count, 8)
    while got < 0, errno == EINTR { got = read(fileDescriptor, &count, 8) }
    return got == 8
  }

  /// Waits for this one or `other`, whose rings stay; whether this one was rung.
  func wait(orFor other: Wakeup) -> Bool {
    withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { polled in
      polled[0] = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
      polled[1] = pollfd(fd: other.fileDescriptor, events: Int16(POLLIN), revents: 0)
      while poll(polled.baseAddress, count: 2, until: nil) < 0 {}
      return drain()
    }
  }
}

/// poll(2) against a deadline of the monotonic clock; -1: interrupted by a signal, to be called again.
///
/// ppoll(2), because poll's milliseconds would be cut: a loop that waits for its next tick must not wake before it.
func poll(_ polled: UnsafeMutablePointer<pollfd>?, count: Int, until deadline: MonotonicTime?) -> Int32 {
  guard let deadline else { return statusd_poll(polled, nfds_t(count), -1) }
  let (left, overflow) = deadline.nanoseconds.subtractingReportingOverflow(SystemTime().monotonic.nanoseconds)
  return statusd_poll(polled, nfds_t(count), overflow ? .max : max(0, left))
}
