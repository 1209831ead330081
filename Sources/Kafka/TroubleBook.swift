import Platform
import Synchronization

/// The state of the connection that has been logged, shared by all clients of one configuration: an unreachable broker
/// affects all of them, and people want to read it once.
final class TroubleBook: Sendable {
  private struct Key: Hashable {
    var kind: ConnectionTrouble.Kind
    var broker: String
  }

  private let limits = Mutex<[Key: RateLimit]>([:])
  /// Since when no broker is connected, as first reported; nil if one has answered since.
  private let away = Mutex<MonotonicTime?>(nil)
  /// When the last outage ended; nil if there was none.
  private let lastReturn = Mutex<MonotonicTime?>(nil)
  private let hasAnswered = Atomic(false)
  /// The rate limit of the line that brokers are back.
  let returns = RateLimit(1, per: .seconds(60))
  private let lines = Mutex<[String: RateLimit]>([:])

  /// The maximum number of rate limits. Beyond it they are all forgotten, because a cluster may have any number of
  /// brokers.
  private static let bound = 1024

  /// The rate limit of a broker and cause: one line a minute.
  func limit(of kind: ConnectionTrouble.Kind, broker: String) -> RateLimit {
    let key = Key(kind: kind, broker: broker)
    return limits.withLock { limits in
      if let known = limits[key] { return known }
      if limits.count >= Self.bound { limits.removeAll() }
      let limit = RateLimit(1, per: .seconds(60))
      limits[key] = limit
      return limit
    }
  }

  /// Whether a broker has ever answered a client, which proves that encryption and login are set correctly.
  var wasConnected: Bool { hasAnswered.load(ordering: .relaxed) }

  /// Whether no broker was connected at some moment since `limit` before `now`.
  func wereBrokersAway(within limit: Duration, of now: MonotonicTime) -> Bool {
    if away.withLock({ $0 != nil }) { return true }
    return lastReturn.withLock { $0.map { now - $0 < limit } ?? false }
  }

  /// Notes that a client reported all brokers down.
  func lostAll(at now: MonotonicTime) {
    away.withLock { $0 = $0 ?? now }
  }

  /// Notes that a broker has answered a client.
  func noteConnection() {
    if !hasAnswered.load(ordering: .relaxed) { hasAnswered.store(true, ordering: .relaxed) }
  }

  /// Notes that a broker has answered a client that had reported all brokers down.
  ///
  /// - Returns: how long no broker was connected; nil if the end of the outage was already noted.
  func returned(at now: MonotonicTime) -> Duration? {
    away.withLock { away in
      guard let since = away else { return nil }
      away = nil
      lastReturn.withLock { $0 = now }
      return now - since
    }
  }

  /// The rate limit of librdkafka's own lines, by facility: ten lines in half a minute. A client that fails and is
  /// replaced repeats the same lines.
  func limit(ofFacility facility: String) -> RateLimit {
    lines.withLock { lines in
      if let known = lines[facility] { return known }
      if lines.count >= Self.bound { lines.removeAll() }
      let limit = RateLimit(10, per: .seconds(30))
      lines[facility] = limit
      return limit
    }
  }
}
