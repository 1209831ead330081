import Cglibc
import Glibc
import Synchronization

/// The stack size of our threads, in bytes. Untouched pages cost nothing, but the kernel may back a stack of glibc's
/// default 8 MiB with huge pages, which do.
public let defaultStackSize = 512 * 1024

/// The number of our threads that were started and haven't ended. If there are any, end the process with _exit(2):
/// exit(3) would destroy what they, and the librdkafka clients they own, still use.
public var runningThreads: Int { running.load(ordering: .acquiring) }

/// Counts a library's threads, which run until the process ends, as one of `runningThreads`.
public func leaveThreadsRunning() { running.add(1, ordering: .relaxed) }

private let running = Atomic<Int>(0)

/// Starts a thread that runs `body` and then ends.
///
/// - Parameters:
///   - name: shown by ps and top; the kernel keeps the first 15 bytes.
///   - stackSize: bytes; at least 16 KiB (pthread_attr_setstacksize(3)).
/// - Throws: if the process may not start another thread (`EAGAIN`), or no file descriptor is left.
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

/// A started thread, to wait for its end. If the handle is dropped before that, the thread is detached.
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

  /// Waits for the thread's end, at most until the machine's monotonic clock reaches `deadline` (nil: no limit).
  ///
  /// - Returns: whether it has ended. Callable from any thread but itself, and more than once.
  public func join(until deadline: MonotonicTime?) -> Bool {
    isJoined.withLock { isJoined in
      if isJoined { return true }
      // The thread rings it as its last step and exits within microseconds after that.
      guard ended.wait(until: deadline) else { return false }
      pthread_join(thread, nil)
      isJoined = true
      return true
    }
  }
}

/// The arguments of a new thread, passed through pthread_create's one pointer.
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
  // The body and everything it held are released by now, so a joining thread may rely on that.
  ended.ring()
  return nil
}
