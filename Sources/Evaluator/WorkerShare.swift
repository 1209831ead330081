import Platform
import Records
import Rules
import Synchronization

/// What a worker's thread shares with the others: its next orders, its deadline to stop, and its numbers.
package final class WorkerShare<Orders: Sendable>: Sendable {
  /// Rung whenever something here changes, and by the log whenever something arrives: the worker waits on nothing else.
  package let wakeup: Wakeup
  private let nextOrders = Mutex<Orders?>(nil)
  private let published = Mutex(EvaluatorNumbers())
  private let leftUndone = Atomic<Int>(0)
  private let failed = Atomic<Bool>(false)
  private let leaving = Atomic<Bool>(false)
  private let remaking = Atomic<Bool>(false)
  private let failureListener = Mutex<Wakeup?>(nil)
  /// Nanoseconds of the monotonic clock; `.max` if not told to stop.
  private let stopDeadline = Atomic<Int64>(.max)

  package init() throws(SystemError) { wakeup = try Wakeup() }

  /// Offers other orders, which the worker takes between two batches. Only the last ones offered count.
  package func offer(_ orders: Orders) {
    nextOrders.withLock { $0 = orders }
    wakeup.ring()
  }

  /// Whether there are orders to take.
  var hasOrders: Bool { nextOrders.withLock { $0 != nil } }

  /// The orders to take, once.
  func takeOrders() -> Orders? {
    nextOrders.withLock { orders in
      defer { orders = nil }
      return orders
    }
  }

  /// Tells the worker to end by `deadline`.
  package func stop(by deadline: MonotonicTime) {
    stopDeadline.store(deadline.nanoseconds, ordering: .releasing)
    wakeup.ring()
  }

  /// By when the worker has to end; nil if it goes on.
  var stopBy: MonotonicTime? {
    let nanoseconds = stopDeadline.load(ordering: .acquiring)
    return nanoseconds == .max ? nil : MonotonicTime(nanoseconds: nanoseconds)
  }

  /// Whether no successor with the worker's name comes soon: when it ends, its partitions go to others at once.
  package var leavesForGood: Bool {
    get { leaving.load(ordering: .acquiring) }
    set { leaving.store(newValue, ordering: .releasing) }
  }

  /// Tells the worker to end once it has taken its orders and delivered what they changed: one with other topics takes
  /// its place.
  package func remake() {
    remaking.store(true, ordering: .releasing)
    wakeup.ring()
  }

  /// Whether the worker is to end for another one.
  var isToBeRemade: Bool { remaking.load(ordering: .acquiring) }

  /// The other one is being made.
  func isRemade() { remaking.store(false, ordering: .releasing) }

  /// The worker's numbers so far.
  package var numbers: EvaluatorNumbers {
    get { published.withLock { $0 } }
    set { published.withLock { $0 = newValue } }
  }

  /// Transitions not acknowledged and positions not committed.
  package var undone: Int {
    get { leftUndone.load(ordering: .acquiring) }
    set { leftUndone.store(newValue, ordering: .releasing) }
  }

  /// Whether the worker has ended for good, and has logged why.
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
