import Evaluator
import Platform

/// The workers of one service, each on a thread of its own.
struct WorkerPool<Orders: WorkerOrders>: Sendable {
  let workers: [WorkerThread<Orders>]

  /// Makes `count` workers, named like the service. They do nothing before they are started.
  ///
  /// - Throws: if no file descriptor is left.
  init(_ count: Int, of service: String, now: MonotonicTime) throws(SystemError) {
    var workers: [WorkerThread<Orders>] = []
    for number in 0..<count {
      let name = count == 1 ? service : "\(service)-\(number)"
      workers.append(try WorkerThread<Orders>(name: name, now: now))
    }
    self.workers = workers
  }

  /// The workers' heartbeats.
  var heartbeats: [Heartbeat] { workers.map(\.heartbeat) }

  /// Whether a worker has ended for good: another process has its name, or a person has to act first.
  var hasFailed: Bool { workers.contains { $0.share.hasFailed } }

  /// Rings `wakeup` once a worker has ended for good.
  func onFailure(ring wakeup: Wakeup) {
    for worker in workers { worker.share.onFailure(ring: wakeup) }
  }

  /// Offers other orders to all workers.
  func offer(_ orders: Orders) {
    for worker in workers { worker.share.offer(orders) }
  }

  /// Has each worker take these orders, deliver what they change, and end for another one with other topics.
  func remake(with orders: Orders) {
    for worker in workers {
      worker.share.offer(orders)
      worker.share.remake()
    }
  }

  /// The group gives their partitions to others at once, instead of keeping their places for a session.
  func leaveForGood() {
    for worker in workers { worker.share.leavesForGood = true }
  }

  /// Ends them all by `deadline`.
  ///
  /// - Returns: results that weren't acknowledged, and partitions whose position couldn't be committed; and whether all
  ///   have ended.
  func stop(by deadline: MonotonicTime) -> (undone: Int, haveEnded: Bool) {
    for worker in workers { worker.share.stop(by: deadline) }
    let ended = workers.map { $0.join(until: deadline) }
    return (workers.map(\.share.undone).reduce(0, +), !ended.contains(false))
  }
}
