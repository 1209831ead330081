/// What came of one attempt to tell a receiver.
public enum ForwardOutcome: Equatable, Sendable {
  /// It has it.
  case delivered
  /// It may work later: the receiver, or the way to it, isn't well.
  case later(after: Duration?, reason: String)
  /// It refuses this content for good.
  case refused(reason: String)
}

/// One notification: what is sent to a receiver at once.
public struct ForwardNotification: Equatable, Sendable {
  /// The same transitions to the same receiver always have the same id.
  public var id: String
  /// The values that name the group; nil for a transition by itself.
  public var group: [String]?
  /// In the order in which they are told; empty if it only repeats what stands.
  public var transitions: [ForwardedTransition]
  /// For a receiver that keeps alerts: what stands for each alert that this is about, with the transitions.
  public var standing: [StandingAlert]

  /// A notification.
  public init(
    id: String, group: [String]? = nil, transitions: [ForwardedTransition], standing: [StandingAlert] = []
  ) {
    self.id = id
    self.group = group
    self.transitions = transitions
    self.standing = standing
  }
}

/// A transition that a receiver will never be told of.
public struct GivenUp: Equatable, Sendable {
  /// The transition.
  public var transition: ForwardedTransition
  /// Why.
  public var reason: String
}
