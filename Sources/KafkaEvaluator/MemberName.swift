/// What a worker is called, by the group and by the coordinator of transactions: the same after every restart, and nobody
/// else's.
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

  /// `group.instance.id`: `instance/worker/HASH`. A group belongs to the coordinator that is asked.
  ///
  /// The group gives a static member that comes back what it had, and looks at nothing else: of another topic nobody would
  /// get anything (KAFKA-12759). So whoever subscribes to other topics goes by another name. Their order makes no
  /// difference.
  func groupInstanceID(subscribedTo topics: [String]) -> String {
    Self.joined([instance, "\(worker)", Self.hash(topics.sorted().joined(separator: "\n"))])
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

  /// FNV-1a of 64 bits, as 16 hexadecimal digits.
  private static func hash(_ text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
