import Kafka
import Platform
import Rules
import Settings
import Synchronization

/// One of an evaluator's workers: a member of the group, on a thread of its own.
final class WorkerThread: Sendable {
  let share: WorkerShare
  let heartbeat: Heartbeat
  private let name: String
  private let handle = Mutex<JoinHandle?>(nil)

  /// Nothing happens before `start`.
  ///
  /// - Throws: where no file descriptor is left.
  init(name: String, now: MonotonicTime) throws(SystemError) {
    self.name = name
    share = try WorkerShare()
    // A turn takes a few calls to the log, each with its patience; handing partitions over beats for itself.
    heartbeat = Heartbeat(name: name, allowedSilence: .seconds(15), now: now)
  }

  /// Starts the thread of `worker`, which was made with this one's `share` and `heartbeat`.
  ///
  /// - Throws: where no thread is left.
  func start(_ worker: consuming Worker<KafkaLog>) throws(SystemError) {
    let handover = Handover(worker)
    let started = try startThread(name: name) { handover.take()?.run() }
    handle.withLock { $0 = started }
  }

  /// Waits for its end; false where it doesn't come before `deadline`.
  func join(until deadline: MonotonicTime) -> Bool { handle.withLock { $0 }?.join(until: deadline) ?? true }
}

/// Hands a value over to the one thread that uses it.
private final class Handover<Value: ~Copyable>: @unchecked Sendable {
  private var value: Value?

  init(_ value: consuming Value) { self.value = consume value }

  /// The value, once.
  func take() -> Value? { value.take() }
}
