/// How a receiver is told: over HTTP, by mail, by a command.
public protocol ForwardChannel: Sendable {
  /// Makes one attempt, and waits for its outcome; bounded by a time of its own.
  func send(_ notification: ForwardNotification) -> ForwardOutcome
}
