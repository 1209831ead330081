import Platform
import Records

/// What is known of a group after a round: what the next round, or the next meter, compares with. A record of the topic
/// of streams.
public struct GroupState: Equatable, Sendable {
  /// One partition.
  struct Lane: Equatable {
    /// The committed offset, not negative.
    var committed: Int64
    /// The log's ends, not negative; what an earlier round saw if its leader gives no answer.
    var start: Int64
    var end: Int64
    /// The first record at `position` or after it.
    var first: GroupAnswer.FirstRecord

    /// Where the group reads on.
    var position: Int64 { max(committed, start) }

    /// What is still known of the first record if the group reads on at `position` of a log with these ends. A refusal
    /// is about the topic, not the position.
    func first(from position: Int64, in log: LogEnds?) -> GroupAnswer.FirstRecord {
      if first == .refused { return .refused }
      guard position == self.position else { return .unknown }
      guard let log else { return first }
      if log.end < end { return .unknown }
      if case .nothing(let before) = first, before < log.readableEnd { return .unknown }
      return first
    }
  }

  /// What a topic is to the group.
  enum Standing: UInt8 {
    /// Nobody knows yet.
    case unknown
    /// Members have partitions of it.
    case assigned
    /// Members have partitions of others, and none of this one: the group left it.
    case left
    /// Nobody knows the assignment; positions have moved.
    case moving
    /// Nobody knows the assignment. The group went on with other topics while this one lay: it left it, most likely.
    case passed
  }

  /// One topic.
  struct Topic: Equatable {
    var standing = Standing.unknown
    var wait = GroupWait()
    var lanes: [Int32: Lane] = [:]
  }

  /// When the last round was, milliseconds since the epoch.
  public internal(set) var told: Int64
  /// For all topics that count.
  var wait = GroupWait()
  var topics: [String: Topic] = [:]

  /// The state before the first round.
  init() { told = 0 }
}

/// For how long a group has left readable records alone.
struct GroupWait: Equatable {
  /// The rounds without progress that it takes at least to call a group stalled or stopped.
  static let fewestRounds: UInt8 = 2

  /// Since when something readable has been there without anything moving; nil if nothing is there.
  private(set) var since: Int64?
  /// The rounds since then, up to `fewestRounds`.
  private(set) var rounds: UInt8 = 0

  /// A round at `now`, which is never negative.
  mutating func note(isReadable: Bool, hasMoved: Bool, at now: Int64) {
    guard isReadable, !hasMoved, let since else {
      since = isReadable ? now : nil
      rounds = 0
      return
    }
    self.since = min(since, now)
    rounds = min(rounds + 1, Self.fewestRounds)
  }

  /// Whether it has been long enough, in milliseconds.
  func exceeds(_ patience: Int64, at now: Int64) -> Bool {
    guard let since, rounds >= Self.fewestRounds else { return false }
    return now - since >= patience
  }

  /// No wait.
  init() {}

  /// Reads it; `told` is when its last round was.
  init(from reader: inout BinaryReader, told: Int64) throws(ChangelogProblem) {
    since = try reader.optional("wait") { reader throws(ChangelogProblem) in
      guard let length = Int64(exactly: try reader.unsigned()), length <= told else { throw .impossible("wait") }
      return told - length
    }
    rounds = try reader.byte()
    guard rounds <= Self.fewestRounds else { throw .impossible("rounds") }
  }

  func write(to writer: inout BinaryWriter, told: Int64) {
    writer.optional(since) { $0.unsigned(UInt64(max(0, told - $1))) }
    writer.byte(rounds)
  }
}
