import Cglibc
import Glibc
import Synchronization

/// The stack of a thread of ours. Pages that are never touched cost nothing, but the kernel may back a stack of glibc's
/// default 8 MiB with huge pages, and those count.
public let defaultStackSize = 512 * 1024

/// How many threads of ours have been started and haven't ended. While there are any, exit(3) would take away under them
/// what they use (and under librdkafka's, whose clients they own): end by _exit(2) then.
public var runningThreads: Int { running.load(ordering: .acquiring) }

/// Counts threads of a library, which go on until the process ends, as one of `runningThreads`.
public func leaveThreadsRunning() { running.add(1, ordering: .relaxed) }

private let running = Atomic<Int>(0)

/// Starts a thread that runs `body` and ends with it.
///
/// - Parameters:
///   - name: shown by ps and top; the kernel keeps the first 15 bytes.
///   - stackSize: bytes; at least 16 KiB (pthread_attr_setstacksize(3)).
/// - Throws: where the process may not have another thread (`EAGAIN`), or no file descriptor is left.
public func startThread(
  name: String, stackSize: Int = defaultStackSize, body: @escaping @Sendable () -> Void
) throws(SystemError) -> JoinHandle {
  let ended = try Wakeup()
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  let refused = pthread_attr_setstacksize(&attributes, stackSize)
  if refused != 0 { throw SystemError(call: "pthread_attr_setstacksize", code: refused) }

  let start = Unmanaged.passRetained(ThreadStart(name: name, ended: ended, body: body))
  var thread = pthread_t()
  running.add(1, ordering: .relaxed)
  let failed = pthread_create(&thread, &attributes, threadMain, start.toOpaque())
  if failed != 0 {
    running.subtract(1, ordering: .relaxed)
    start.release()
    throw SystemError(call: "pthread_create", code: failed)
  }
  return JoinHandle(thread: thread, ended: ended)
}

/// A started thread, to wait for its end. Dropped before that, the thread goes on by itself.
public final class JoinHandle: Sendable {
  private let thread: pthread_t
  private let ended: Wakeup
  private let isJoined = Mutex(false)

  fileprivate init(thread: pthread_t, ended: Wakeup) {
    self.thread = thread
    self.ended = ended
  }

  deinit {
    if !isJoined.withLock({ $0 }) { pthread_detach(thread) }
  }

  /// Waits for the thread's end, however long it takes.
  public func join() { _ = join(until: nil) }

  /// Waits for the thread's end, at most until the machine's monotonic clock has come to `deadline` (nil: no limit).
  ///
  /// - Returns: whether it has ended. From any thread but itself; may be asked again.
  public func join(until deadline: MonotonicTime?) -> Bool {
    isJoined.withLock { isJoined in
      if isJoined { return true }
      // Rung last thing in the thread; what is left of it then takes microseconds.
      guard ended.wait(until: deadline) else { return false }
      pthread_join(thread, nil)
      isJoined = true
      return true
    }
  }
}

/// What a new thread is handed through pthread_create's one pointer.
private final class ThreadStart: Sendable {
  let name: String
  let ended: Wakeup
  let body: @Sendable () -> Void

  init(name: String, ended: Wakeup, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.ended = ended
    self.body = body
  }
}

private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let ended: Wakeup
  do {
    let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    ended = start.ended
    statusd_thread_name(start.name)
    start.body()
  }
  running.subtract(1, ordering: .releasing)
  // What the body held is gone by now: whoever joined may count on that.
  ended.ring()
  return nil
}
