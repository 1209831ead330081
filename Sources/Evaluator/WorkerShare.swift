import Platform
import Records
import Rules
import Synchronization

/// What a worker's thread shares with the others: the orders it shall take next, when it shall have ended, and what it
/// has done.
package final class WorkerShare<Orders: Sendable>: Sendable {
  /// Rung whenever something here changes, and by the log whenever something arrives: all that the worker waits on.
  package let wakeup: Wakeup
  private let nextOrders = Mutex<Orders?>(nil)
  private let published = Mutex(EvaluatorNumbers())
  private let leftUndone = Atomic<Int>(0)
  private let failed = Atomic<Bool>(false)
  private let leaving = Atomic<Bool>(false)
  private let failureListener = Mutex<Wakeup?>(nil)
  /// Nanoseconds of the monotonic clock; the largest value: not told to end.
  private let stopDeadline = Atomic<Int64>(.max)

  package init() throws(SystemError) { wakeup = try Wakeup() }

  /// The worker shall take other orders, between two batches. Of several that it hasn't come to, the last ones count.
  package func offer(_ orders: Orders) {
    nextOrders.withLock { $0 = orders }
    wakeup.ring()
  }

  /// Whether there are orders that the worker shall take.
  var hasOrders: Bool { nextOrders.withLock { $0 != nil } }

  /// The orders that the worker shall take, once.
  func takeOrders() -> Orders? {
    nextOrders.withLock { orders in
      defer { orders = nil }
      return orders
    }
  }

  /// The worker shall end by `deadline`.
  package func stop(by deadline: MonotonicTime) {
    stopDeadline.store(deadline.nanoseconds, ordering: .releasing)
    wakeup.ring()
  }

  /// By when the worker shall have ended; nil: it shall go on.
  var stopBy: MonotonicTime? {
    let nanoseconds = stopDeadline.load(ordering: .acquiring)
    return nanoseconds == .max ? nil : MonotonicTime(nanoseconds: nanoseconds)
  }

  /// Nobody will come back under the worker's name, soon: where it ends, its partitions go to others at once.
  package var leavesForGood: Bool {
    get { leaving.load(ordering: .acquiring) }
    set { leaving.store(newValue, ordering: .releasing) }
  }

  /// What the worker has done so far.
  package var numbers: EvaluatorNumbers {
    get { published.withLock { $0 } }
    set { published.withLock { $0 = newValue } }
  }

  /// Transitions not acknowledged and positions not committed.
  package var undone: Int {
    get { leftUndone.load(ordering: .acquiring) }
    set { leftUndone.store(newValue, ordering: .releasing) }
  }

  /// The worker has ended for good, and has said why.
  package private(set) var hasFailed: Bool {
    get { failed.load(ordering: .acquiring) }
    set { failed.store(newValue, ordering: .releasing) }
  }

  /// Rung when the worker ends for good.
  package func onFailure(ring wakeup: Wakeup) { failureListener.withLock { $0 = wakeup } }

  /// The worker ends for good.
  func fail() {
    hasFailed = true
    failureListener.withLock { $0 }?.ring()
  }
}
