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
}
