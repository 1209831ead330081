public import Platform

/// A stop token, and a descriptor that is readable from its stop on: a wait on it ends then. One for all channels of a
/// process is enough, since nobody ever reads it. It lives as long as the token's source.
public final class StopSignal: Sendable {
  /// Why an attempt that it ended has to be made again.
  static let reason = "statusd-forward stops"

  private let token: StopToken
  private let wakeup: Wakeup

  /// Throws if no file descriptor is left.
  public init(_ token: StopToken) throws(SystemError) {
    self.token = token
    wakeup = try Wakeup()
    token.onStop(ring: wakeup)
  }

  var isStopped: Bool { token.isStopped }
  var fileDescriptor: Int32 { wakeup.fileDescriptor }
}
