import Evaluator
import Kafka
import Platform

/// Finds members of the evaluators' group that are no evaluators: decides when the group is asked for its members, and
/// what its answers mean. It asks nobody itself.
struct GroupWatch {
  /// What people should know of the group.
  enum Finding: Equatable {
    /// The group has refused evaluators for this long; with its members, as far as known.
    case refuses([GroupMember], for: Duration, reason: String?)
    /// These members are no evaluators, but get partitions as if they were.
    case strangers([GroupMember])
    /// The group takes evaluators again, after this long.
    case takesAgain(after: Duration)
    /// No other program is in it any more.
    case isAmongItself
  }

  /// From one look to the next while something is wrong.
  private static var pause: Duration { .seconds(60) }
  /// How long a group is left alone after a rebalance.
  private static var settling: Duration { .seconds(1) }
  /// From one look to the next at least, if the group rebalances over and over.
  private static var shortest: Duration { .seconds(10) }

  /// The `client.id` of this evaluator.
  private let clientID: String
  /// Since when the group refuses this evaluator; nil if it doesn't.
  private var refusedSince: MonotonicTime?
  /// Whether the last answer had strangers.
  private var hasStrangers = false
  /// Whether a question is under way.
  private var isAsked = false
  /// When the group is asked next; nil if there is no reason to.
  private var nextLook: MonotonicTime?
  private var lastLook: MonotonicTime?

  init(clientID: String) { self.clientID = clientID }

  /// The group has refused this evaluator: its members use another assignment protocol.
  mutating func isRefused(_ now: MonotonicTime) {
    if refusedSince != nil { return }
    refusedSince = now
    nextLook = now
  }

  /// The group has assigned partitions, maybe none, or taken some: a new member may be the reason.
  mutating func rebalances(_ now: MonotonicTime, isGiven: Bool) -> Finding? {
    let soon = lastLook.map { max(now + Self.settling, $0 + Self.shortest) } ?? now + Self.settling
    nextLook = nextLook.map { min($0, soon) } ?? soon
    // A refused evaluator may lose only now what it had, so a loss doesn't end the refusal.
    guard isGiven, let since = refusedSince else { return nil }
    refusedSince = nil
    return .takesAgain(after: now - since)
  }

  /// Whether to ask the group for its members now; if so, it counts as asked.
  mutating func asks(_ now: MonotonicTime) -> Bool {
    guard !isAsked, let due = nextLook, now >= due else { return false }
    isAsked = true
    nextLook = nil
    lastLook = now
    return true
  }

  /// The consumer that asked is gone, so no answer comes.
  mutating func losesQuestion(_ now: MonotonicTime) {
    guard isAsked else { return }
    isAsked = false
    plan(now)
  }

  /// Takes the group's answer.
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
    // Without an answer nothing new is known.
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

  /// An evaluator's `client.id` begins with `statusd`, unless the user has set another, for all evaluators alike.
  private func isEvaluator(_ member: GroupMember) -> Bool {
    member.clientID == clientID || member.clientID.hasPrefix("statusd")
  }
}
