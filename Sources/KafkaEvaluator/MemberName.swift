import Records

/// A worker's name in the group, and for the coordinator of transactions: the same after every restart, and unique.
///
/// Both names are made of the same parts, joined by `/`. A part's own `/` and `%` are escaped, so different parts never
/// make the same name.
struct MemberName: Equatable, Sendable {
  /// The consumer group.
  var group: String
  /// `[run] instance`
  var instance: String
  /// Its number among the workers of the process.
  var worker: Int

  /// `transactional.id`: `group/instance/worker`.
  var transactionalID: String { Self.joined([group, instance, "\(worker)"]) }

  /// `group.instance.id`: `instance/worker/HASH`. It lacks the group, because it is unique only within its group.
  ///
  /// The group gives a static member that comes back its old partitions, even if its topics differ: no member would get
  /// those of a new topic (KAFKA-12759). So a member with other topics has another name. Their order makes no
  /// difference.
  func groupInstanceID(subscribedTo topics: [String]) -> String {
    Self.joined([instance, "\(worker)", hex(lastingHash(topics.sorted().joined(separator: "\n")))])
  }

  private static func joined(_ parts: [String]) -> String { parts.map(escaped).joined(separator: "/") }

  private static func escaped(_ part: String) -> String {
    part.unicodeScalars.reduce(into: "") { escaped, scalar in
      switch scalar {
      case "%": escaped += "%25"
      case "/": escaped += "%2F"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
  }
}
