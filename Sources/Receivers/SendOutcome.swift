/// How one attempt to send something ended. No reason contains an address, the value of a header or a password.
public enum SendOutcome: Equatable, Sendable {
  /// The receiver has it. `remark`: who among several recipients refused it for good; nil mostly.
  case delivered(remark: String? = nil)
  /// Not now, or nobody knows: the network, a time limit, or an answer that speaks of the receiver and not of what was
  /// sent. The receiver asks for a pause of `after` (at most five minutes); nil if it doesn't.
  case later(after: Duration? = nil, reason: String)
  /// The receiver refuses what was sent; it would do so again.
  case refused(reason: String)

  /// The longest pause that a receiver may ask for.
  public static let maxPause = Duration.seconds(300)
}

/// A way to one receiver. Its calls block; one at a time, from any thread.
public protocol Channel: Sendable {
  /// Makes one attempt. Returns within the channel's time limit, and soon after its stop token says stop.
  func send(_ notification: Notification) -> SendOutcome
}

/// What is wrong with a receiver's definition. The message is for people and contains no secret.
public struct ReceiverProblem: Error, Equatable, Sendable {
  /// A sentence without its full stop: `the address needs http:// or https://`.
  public let message: String

  /// A problem.
  public init(_ message: String) { self.message = message }
}
