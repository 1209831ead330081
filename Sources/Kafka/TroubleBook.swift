import Platform
import Synchronization

/// What of the connection has been said, by all clients that are made from one configuration: a broker that is away is
/// away for each of them, and people want to read it once.
final class TroubleBook: Sendable {
  private struct Key: Hashable {
    var kind: ConnectionTrouble.Kind
    var broker: String
  }

  private let limits = Mutex<[Key: RateLimit]>([:])
  /// Since when no broker is connected, as the first client said; nil: one has answered since then.
  private let away = Mutex<MonotonicTime?>(nil)
  /// When the last outage ended; nil: there was none.
  private let lastReturn = Mutex<MonotonicTime?>(nil)
  private let hasAnswered = Atomic(false)
  /// Of the line that brokers are back.
  let returns = RateLimit(1, per: .seconds(60))
  private let lines = Mutex<[String: RateLimit]>([:])

  /// Of how many brokers and causes it knows; past that it begins anew, because a cluster may have any number of them.
  private static let bound = 1024

  /// Lets one line a minute through for each broker and cause.
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

  /// Whether a broker has ever answered one of the clients: then what is set for encryption and login is right.
  var wasConnected: Bool { hasAnswered.load(ordering: .relaxed) }

  /// Whether all brokers were gone at some moment since `limit` before `now`.
  func wereBrokersAway(within limit: Duration, of now: MonotonicTime) -> Bool {
    if away.withLock({ $0 != nil }) { return true }
    return lastReturn.withLock { $0.map { now - $0 < limit } ?? false }
  }

  /// A client finds all brokers gone.
  func lostAll(at now: MonotonicTime) {
    away.withLock { $0 = $0 ?? now }
  }

  /// A broker has answered one of the clients.
  func noteConnection() {
    if !hasAnswered.load(ordering: .relaxed) { hasAnswered.store(true, ordering: .relaxed) }
  }

  /// A broker has answered a client that had found all gone.
  ///
  /// - Returns: for how long none was connected; nil: the end of that was noted already.
  func returned(at now: MonotonicTime) -> Duration? {
    away.withLock { away in
      guard let since = away else { return nil }
      away = nil
      lastReturn.withLock { $0 = now }
      return now - since
    }
  }

  /// Lets ten lines in half a minute through of what librdkafka says itself, for each of its facilities: a client that
  /// fails and is made anew says the same again.
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
