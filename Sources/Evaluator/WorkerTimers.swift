import Platform

/// All timers of a worker, for everything that no record or event causes.
struct WorkerTimers {
  /// What a timer is for.
  enum Timer: Int, CaseIterable {
    /// Positions are committed, if one moved.
    case commit
    /// A delivery that failed is tried again.
    case delivery
    /// A question that brokers didn't answer is asked again: the group, the changelog, a partition's bounds.
    case question
    /// Ends of partitions are asked for, to find out who is silent.
    case silence
    /// Partitions that stand still are looked at: a transaction may hide their records.
    case hidden
    /// The partitions of a topic are counted again, if records came without a key.
    case partitionCount
    /// A worker that is to be remade ends at the latest.
    case remaking
  }

  private var times: [MonotonicTime]
  /// When the last delivery was done.
  var lastDelivery: MonotonicTime
  /// When the next turn comes at the latest, unless the whole process is stopped.
  private(set) var nextTurn: MonotonicTime

  /// All are due at once.
  init(_ now: MonotonicTime) {
    times = Array(repeating: now, count: Timer.allCases.count)
    (lastDelivery, nextTurn) = (now, now)
  }

  /// When the timer is due.
  subscript(timer: Timer) -> MonotonicTime {
    get { times[timer.rawValue] }
    set { times[timer.rawValue] = newValue }
  }

  func isDue(_ timer: Timer, _ now: MonotonicTime) -> Bool { times[timer.rawValue] <= now }

  /// A turn begins; it takes no longer than `patience`.
  mutating func turnBegins(_ now: MonotonicTime, patience: Duration) { nextTurn = now + patience }

  /// The turn waits until `deadline`.
  mutating func turnWaits(until deadline: MonotonicTime) { nextTurn = max(nextTurn, deadline) }

  /// How late the turn is that comes now; zero or less if it isn't late.
  func delay(_ now: MonotonicTime) -> Duration { now - nextTurn }
}
