import Platform
import Records
import Synchronization

/// What a forwarder has done so far, and how its receivers are. It outlives a stage, as the dispatcher does.
///
/// An attempt that failed counts at once. What a receiver has, refused or will never have counts once that is committed:
/// a stage that is restored would count it again.
package final class ForwardTally: Sendable {
  /// What a stage shows of a receiver that it tells.
  package struct Shown: Equatable, Sendable {
    package var receiver: String
    /// How many transitions wait.
    package var waiting: Int
    /// The Kafka time of the oldest of them, milliseconds since the epoch; nil if none waits.
    package var oldest: Int64?
    package var isWell: Bool
  }

  /// What is done with notifications.
  package struct Counts: Equatable, Sendable {
    package var told: Int64 = 0
    package var transitions: Int64 = 0
    package var failed: Int64 = 0
    package var refused: Int64 = 0
    package var givenUp: Int64 = 0

    package init() {}

    fileprivate mutating func add(_ other: Counts) {
      told += other.told
      transitions += other.transitions
      failed += other.failed
      refused += other.refused
      givenUp += other.givenUp
    }
  }

  private struct Kept {
    var sum = Counts()
    var bad: Int64 = 0
    /// Those of the receivers in the file.
    var counts: [String: Counts] = [:]
    var shown: [Shown] = []
    /// The brokers' clock when that was shown, and the own one; nil if the first isn't known.
    var clock: (brokers: Int64, own: MonotonicTime)?
    var delivered: MonotonicTime?
  }

  private let kept = Mutex(Kept())

  /// Nothing is done so far.
  package init() {}

  // MARK: What the stage says

  func count(_ counts: Counts, of receiver: String) {
    if counts == Counts() { return }
    kept.withLock { kept in
      kept.sum.add(counts)
      kept.counts[receiver, default: Counts()].add(counts)
    }
  }

  /// A record that is no transition.
  func countBad() { kept.withLock { $0.bad += 1 } }

  /// These receivers are told, out of those of the file.
  ///
  /// - Parameters:
  ///   - clock: the brokers' time, milliseconds since the epoch; nil if it isn't known.
  ///   - now: the own one.
  func show(_ receivers: [Shown], of known: Set<String>, clock: Int64?, now: MonotonicTime) {
    kept.withLock { kept in
      kept.shown = receivers
      kept.clock = clock.map { ($0, now) }
      if kept.counts.count > known.count { kept.counts = kept.counts.filter { known.contains($0.key) } }
    }
  }

  /// A delivery that began at `now` was committed: until then nobody else was the owner.
  func hasDelivered(at now: MonotonicTime) { kept.withLock { $0.delivered = now } }

  // MARK: What others read

  /// When the last delivery was committed; nil if none was.
  package var delivered: MonotonicTime? { kept.withLock { $0.delivered } }

  /// The numbers of the process.
  package func numbers(at now: MonotonicTime) -> ForwarderNumbers {
    kept.withLock { kept in
      var numbers = ForwarderNumbers()
      numbers.notifications = kept.sum.told
      numbers.transitions = kept.sum.transitions
      numbers.failed = kept.sum.failed
      numbers.refused = kept.sum.refused
      numbers.givenUp = kept.sum.givenUp
      numbers.bad = kept.bad
      numbers.receivers = Int64(kept.shown.count)
      numbers.waiting = kept.shown.reduce(0) { $0 + Int64($1.waiting) }
      numbers.oldestWaiting = Self.age(of: kept.shown.compactMap(\.oldest).min(), kept.clock, now)
      return numbers
    }
  }

  /// The numbers of each receiver that it tells, in the order of the file.
  package func receivers(at now: MonotonicTime) -> [(name: String, numbers: ReceiverNumbers)] {
    kept.withLock { kept in
      kept.shown.map { shown in
        let counts = kept.counts[shown.receiver] ?? Counts()
        var numbers = ReceiverNumbers()
        numbers.told = counts.told
        numbers.failed = counts.failed
        numbers.refused = counts.refused
        numbers.givenUp = counts.givenUp
        numbers.waiting = Int64(shown.waiting)
        numbers.oldestWaiting = Self.age(of: shown.oldest, kept.clock, now)
        numbers.isWell = shown.isWell
        return (shown.receiver, numbers)
      }
    }
  }

  /// Whole seconds since a Kafka time.
  private static func age(
    of oldest: Int64?, _ clock: (brokers: Int64, own: MonotonicTime)?, _ now: MonotonicTime
  ) -> Int64 {
    guard let oldest, let clock else { return 0 }
    let brokersTime = clock.brokers.addingSaturating((now - clock.own).wholeMilliseconds)
    return max(0, brokersTime - oldest) / 1000
  }
}
