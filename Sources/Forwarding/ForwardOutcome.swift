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
  /// In the order in which they are told.
  public var transitions: [ForwardedTransition]
}

/// A transition that a receiver will never be told of.
public struct GivenUp: Equatable, Sendable {
  /// The transition.
  public var transition: ForwardedTransition
  /// Why.
  public var reason: String
}
