import Cglibc
import Glibc

/// Wakes one waiting loop: an eventfd(2) that any thread, or a signal handler, may ring.
///
/// Rings between two waits count as one. One loop waits; many may ring.
public final class Wakeup: Sendable {
  /// Readable while rung. For poll(2), and for librdkafka's `rd_kafka_queue_io_event_enable`, whose payload must be
  /// eight bytes (`Wakeup.payload`).
  public let fileDescriptor: Int32

  /// The eight bytes to write(2) to `fileDescriptor` to ring.
  public static let payload: UInt64 = 1

  /// Fails if the process has no file descriptor left (`EMFILE`, `ENFILE`) or the kernel has no memory.
  public init() throws(SystemError) {
    fileDescriptor = statusd_eventfd()
    if fileDescriptor < 0 { throw SystemError(call: "eventfd") }
  }

  deinit { close(fileDescriptor) }

  /// Wakes the loop, now or at its next wait. Never blocks; async-signal-safe.
  public func ring() {
    var one = Self.payload
    // EAGAIN means that the counter is full: it is rung already.
    while write(fileDescriptor, &one, 8) < 0, errno == EINTR {}
  }

  /// Waits until it is rung or the machine's monotonic clock reaches `deadline` (nil: never).
  ///
  /// - Returns: whether it was rung since the last wait, even if the deadline has passed.
  @discardableResult
  public func wait(until deadline: MonotonicTime?) -> Bool {
    var polled = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
    var ready = poll(&polled, count: 1, until: deadline)
    while ready < 0 { ready = poll(&polled, count: 1, until: deadline) }
    return ready > 0 && drain()
  }

  /// Clears the rings so far without waiting. Returns whether there were any.
  @discardableResult
  public func drain() -> Bool {
    var count: UInt64 = 0
    var got = read(fileDescriptor, &count, 8)
    while got < 0, errno == EINTR { got = read(fileDescriptor, &count, 8) }
    return got == 8
  }

  /// Waits for a ring of this one or of `other`, whose rings stay. Returns whether this one was rung.
  func wait(orFor other: Wakeup) -> Bool {
    withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { polled in
      polled[0] = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
      polled[1] = pollfd(fd: other.fileDescriptor, events: Int16(POLLIN), revents: 0)
      while poll(polled.baseAddress, count: 2, until: nil) < 0 {}
      return drain()
    }
  }
}

/// Calls ppoll(2) with a deadline of the monotonic clock. -1 means a signal interrupted it: call it again.
///
/// poll(2) truncates to milliseconds: a loop that waits for its next tick would wake too early.
func poll(_ polled: UnsafeMutablePointer<pollfd>?, count: Int, until deadline: MonotonicTime?) -> Int32 {
  guard let deadline else { return statusd_poll(polled, nfds_t(count), -1) }
  let (left, overflow) = deadline.nanoseconds.subtractingReportingOverflow(SystemTime().monotonic.nanoseconds)
  return statusd_poll(polled, nfds_t(count), overflow ? .max : max(0, left))
}
