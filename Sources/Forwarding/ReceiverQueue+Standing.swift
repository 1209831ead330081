import Platform
import Records

/// A receiver that keeps alerts is told again and again what stands: it ends by itself what it isn't told of.
extension ReceiverQueue {
  /// How far the receiver has been told again.
  struct Refresh: Sendable {
    /// When the next round begins; nil for at once.
    var next: MonotonicTime?
    /// The alerts that are left of this round, in order.
    var left: [String] = []
  }

  /// When the receiver is to be told again what stands; nil for one that keeps nothing, or with nothing to tell.
  public var nextRefresh: MonotonicTime? {
    if definition.resend == nil || isBeginning || underWay != nil || state.told.isEmpty { return nil }
    if !refresh.left.isEmpty { return pause?.next ?? MonotonicTime(nanoseconds: 0) }
    return max(refresh.next ?? MonotonicTime(nanoseconds: 0), pause?.next ?? MonotonicTime(nanoseconds: 0))
  }

  /// The next part of what stands; nil if none is due.
  mutating func nextOfRefresh(_ now: MonotonicTime, _ clock: Int64) -> ForwardNotification? {
    guard let resend = definition.resend, refresh.next.map({ $0 <= now }) ?? true || !refresh.left.isEmpty else {
      return nil
    }
    if refresh.left.isEmpty {
      refresh.next = now + resend
      refresh.left = state.told.keys.filter { state.told[$0]?.standing?.told(at: clock) != nil }.sorted()
    }
    let standing = refresh.left.prefix(Self.greatestNotification).compactMap {
      state.told[$0]?.standing?.told(at: clock)
    }
    if standing.isEmpty {
      refresh.left = []
      return nil
    }
    return ForwardNotification(id: "refresh-\(now.nanoseconds)", transitions: [], standing: standing)
  }

  /// What came of such a part. Refused, it is left out until the next round: the receiver takes what it can of it.
  mutating func settleRefresh(_ outcome: ForwardOutcome, _ now: MonotonicTime, jitter: Double) {
    if case .later(let after, _) = outcome {
      pause = pause ?? BackOff(now)
      pause?.fail(now, wanted: after, jitter: jitter, longest: definition.longestPause)
    } else {
      pause = nil
      refresh.left.removeFirst(min(refresh.left.count, Self.greatestNotification))
    }
  }

  /// What stands for the alerts of these transitions once the receiver is told of them.
  func standing(after transitions: [ForwardedTransition], at clock: Int64) -> [StandingAlert] {
    if definition.resend == nil { return [] }
    var standing: [String: StandingAlert] = [:]
    var order: [String] = []
    for transition in transitions {
      let before = standing[transition.alert] ?? state.told[transition.alert]?.standing
      if standing[transition.alert] == nil { order.append(transition.alert) }
      standing[transition.alert] = StandingAlert(transition, after: before, at: clock)
    }
    return order.compactMap { standing[$0] }
  }
}
