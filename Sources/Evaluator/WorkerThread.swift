import Platform
import Rules
import Settings
import Synchronization

/// One of an evaluator's workers: a member of the group, on a thread of its own.
package final class WorkerThread<Orders: WorkerOrders>: Sendable {
  package let share: WorkerShare<Orders>
  package let heartbeat: Heartbeat
  private let name: String
  private let handle = Mutex<JoinHandle?>(nil)

  /// Does nothing before `start`.
  ///
  /// - Throws: if no file descriptor is left.
  package init(name: String, now: MonotonicTime) throws(SystemError) {
    self.name = name
    share = try WorkerShare()
    // A turn makes a few calls to the log, each with its patience; a handover of partitions beats for itself.
    heartbeat = Heartbeat(name: name, allowedSilence: .seconds(15), now: now)
  }

  /// How long another process with this name is left alone.
  private static var standBy: Duration { .seconds(60) }

  /// Makes a worker with this one's `share` and `heartbeat`, and starts its thread.
  ///
  /// If another evaluator takes the name, nothing else happens for a minute: two that take it from each other do so
  /// once a minute at most.
  ///
  /// - Parameter comesBack: whether other parts of this process go on without the worker. A worker that has ended is
  ///   then made anew after a minute, and fails only if none can be made. If false, the thread fails.
  /// - Throws: what `make` throws, or if no thread is left.
  package func start<
    Log: EvaluatorLog & SendableMetatype & ~Copyable, Stage: WorkerStage & SendableMetatype & ~Copyable
  >(
    comesBack: Bool, time: any TimeSource, making make: @escaping @Sendable () throws -> Worker<Log, Stage>
  ) throws where Stage.Orders == Orders {
    let first = Handover(try make())
    let started = try startThread(name: name) { [self] in
      var end: WorkerEnd?
      if let worker = first.take() { end = worker.run() }
      while end == .remade || end == .replaced || end == .stuck && comesBack {
        share.numbers = share.numbers.ofSuccessor
        if end == .remade {
          end = nil
        } else {
          standBy(time)
        }
        if share.stopBy != nil { break }
        if end != nil, !comesBack { break }
        share.isRemade()
        do { end = try make().run() } catch {
          end = .stuck
          break
        }
      }
      heartbeat.end()
      if end != nil { share.fail() }
    }
    handle.withLock { $0 = started }
  }

  /// Stands by, unless it is told to end.
  private func standBy(_ time: any TimeSource) {
    let end = time.monotonic + Self.standBy
    while share.stopBy == nil, time.monotonic < end {
      heartbeat.beat(time.monotonic, waitingUntil: end)
      _ = time.wait(for: share.wakeup, until: end)
    }
  }

  /// Waits for its end; false if it doesn't come before `deadline`.
  package func join(until deadline: MonotonicTime) -> Bool { handle.withLock { $0 }?.join(until: deadline) ?? true }
}

/// Hands a value over to the one thread that uses it.
private final class Handover<Value: ~Copyable>: @unchecked Sendable {
  private var value: Value?

  init(_ value: consuming Value) { self.value = consume value }

  /// The value, once.
  func take() -> Value? { value.take() }
}
