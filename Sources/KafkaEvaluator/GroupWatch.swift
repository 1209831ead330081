import Evaluator
import Kafka
import Platform

/// Who is in the evaluators' group that is no evaluator: when the group is asked for its members, and what its answers
/// mean. Decides, and asks nobody.
struct GroupWatch {
  /// What people should know of the group.
  enum Finding: Equatable {
    /// The group has taken no evaluator for so long; with the members that are in it, as far as they are known.
    case refuses([GroupMember], for: Duration, reason: String?)
    /// These members are no evaluators, and are given partitions as if they were.
    case strangers([GroupMember])
    /// The group takes evaluators again, after so long.
    case takesAgain(after: Duration)
    /// No stranger is in it any more.
    case isAmongItself
  }

  /// From one look to the next while something is wrong.
  private static var pause: Duration { .seconds(60) }
  /// How long a group that rebalances is left alone.
  private static var settling: Duration { .seconds(1) }
  /// From one look to the next where the group rebalances over and over.
  private static var shortest: Duration { .seconds(10) }

  /// The `client.id` of this evaluator.
  private let clientID: String
  /// Since when the group refuses this evaluator; nil: it doesn't.
  private var refusedSince: MonotonicTime?
  /// The last answer had strangers.
  private var hasStrangers = false
  /// A question is under way.
  private var isAsked = false
  /// When the group is asked next; nil: not without a reason.
  private var nextLook: MonotonicTime?
  private var lastLook: MonotonicTime?

  init(clientID: String) { self.clientID = clientID }

  /// The group has refused this evaluator: its members share partitions in another way.
  mutating func isRefused(_ now: MonotonicTime) {
    if refusedSince != nil { return }
    refusedSince = now
    nextLook = now
  }

  /// The group has given partitions, maybe none, or has taken some: somebody may have come.
  mutating func rebalances(_ now: MonotonicTime, isGiven: Bool) -> Finding? {
    let soon = lastLook.map { max(now + Self.settling, $0 + Self.shortest) } ?? now + Self.settling
    nextLook = nextLook.map { min($0, soon) } ?? soon
    // Who is refused may lose what it had only then.
    guard isGiven, let since = refusedSince else { return nil }
    refusedSince = nil
    return .takesAgain(after: now - since)
  }

  /// Whether the group is to be asked for its members now; then it counts as asked.
  mutating func asks(_ now: MonotonicTime) -> Bool {
    guard !isAsked, let due = nextLook, now >= due else { return false }
    isAsked = true
    nextLook = nil
    lastLook = now
    return true
  }

  /// Whoever was asked is gone, and won't answer.
  mutating func losesQuestion(_ now: MonotonicTime) {
    guard isAsked else { return }
    isAsked = false
    plan(now)
  }

  /// What the group has answered.
  mutating func takes(_ answer: Result<[GroupMember], KafkaError>, _ now: MonotonicTime) -> Finding? {
    isAsked = false
    let members = (try? answer.get()) ?? []
    let strangers = members.filter { !isEvaluator($0) }
    if let refusedSince {
      plan(now + Self.pause)
      var reason: String?
      if case .failure(let error) = answer { reason = "\(error)" }
      return .refuses(strangers.isEmpty ? members : strangers, for: now - refusedSince, reason: reason)
    }
    // Who can't be asked tells nothing new.
    guard case .success = answer else {
      if hasStrangers { plan(now + Self.pause) }
      return nil
    }
    defer { hasStrangers = !strangers.isEmpty }
    if !strangers.isEmpty {
      plan(now + Self.pause)
      return .strangers(strangers)
    }
    return hasStrangers ? .isAmongItself : nil
  }

  private mutating func plan(_ time: MonotonicTime) { nextLook = nextLook.map { min($0, time) } ?? time }

  /// By its `client.id`, which is statusd's own unless somebody has set another one, for all evaluators alike.
  private func isEvaluator(_ member: GroupMember) -> Bool {
    member.clientID == clientID || member.clientID.hasPrefix("statusd")
  }
}
