public import Records

/// What one receiver is told at once: a transition, or those of a group, in their order.
public struct Notification: Sendable {
  /// 16 hexadecimal digits, a function of receiver, group and transitions: a repeated notification has the same. It
  /// becomes `Idempotency-Key` and the first part of `Message-ID`.
  public let id: String
  /// The receiver's name.
  public let receiver: String
  /// The names of `group_by` with the group's values; nil for a receiver that doesn't group.
  public let group: [Transition.Label]?
  /// The transitions, oldest first. Its caller bounds their number.
  public let transitions: [Forwarded]

  /// What `receiver` is told of these transitions.
  public init(receiver: String, group: [Transition.Label]? = nil, transitions: [Forwarded]) {
    self.receiver = receiver
    self.group = group
    self.transitions = transitions
    var identity = Identity()
    identity.append(receiver)
    identity.append(Int64(group?.count ?? -1))
    for value in group ?? [] {
      identity.append(value.name)
      identity.append(value.value)
    }
    for forwarded in transitions {
      identity.append(forwarded.transition.id)
      identity.append(forwarded.transition.repeat ?? 0)
    }
    id = hex(identity.finish())
  }

  /// What became of each alert in it: how many fire, how many are resolved, and the one that says most.
  struct Summary {
    /// Alerts whose last transition in the notification is firing.
    var firing = 0
    /// Alerts whose last transition in the notification is resolved.
    var resolved = 0
    /// The newest among the alerts that fire with the highest severity; if none fires, the newest. nil without any.
    var lead: Transition?
  }

  /// Computed anew each time.
  var summary: Summary {
    // By bytes: texts that only look the same are different hosts.
    var last: [[UInt8]: Int] = [:]
    for (index, forwarded) in transitions.enumerated() { last[Array(forwarded.transition.key.utf8)] = index }
    var summary = Summary()
    for index in last.values.sorted() {
      let transition = transitions[index].transition
      if transition.status == .firing { summary.firing += 1 } else { summary.resolved += 1 }
      if Notification.rank(transition) >= summary.lead.map(Notification.rank) ?? 0 { summary.lead = transition }
    }
    return summary
  }

  private static func rank(_ transition: Transition) -> UInt8 {
    transition.status == .firing ? transition.severity.rawValue : 0
  }
}
