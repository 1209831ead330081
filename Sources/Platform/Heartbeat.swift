import Synchronization

/// A loop's sign of life. The supervisor feeds the watchdog only while every heartbeat is fresh.
public final class Heartbeat: Sendable {
  /// The loop's name in the log.
  public let name: String
  /// Nanoseconds.
  private let allowedSilence: Int64
  /// The time until which the last beat counts, in nanoseconds of the monotonic clock.
  private let freshUntil: Atomic<Int64>

  /// - Parameters:
  ///   - allowedSilence: how long the loop may be busy between two beats.
  ///   - now: the time of the first beat.
  public init(name: String, allowedSilence: Duration, now: MonotonicTime) {
    self.name = name
    self.allowedSilence = allowedSilence.wholeNanoseconds
    freshUntil = Atomic((now + allowedSilence).nanoseconds)
  }

  /// Reports that the loop is alive. It beats again within the allowed silence, counted from `deadline` if it is about
  /// to wait until then. So an idle loop needn't wake just to beat.
  public func beat(_ now: MonotonicTime, waitingUntil deadline: MonotonicTime? = nil) {
    let (next, overflow) = max(now, deadline ?? now).nanoseconds.addingReportingOverflow(allowedSilence)
    freshUntil.store(overflow ? .max : next, ordering: .relaxed)
  }

  /// Reports that the loop has ended as told: the heartbeat stays fresh for good.
  public func end() { freshUntil.store(.max, ordering: .relaxed) }

  /// Whether the loop still counts as alive at `now`.
  public func isFresh(at now: MonotonicTime) -> Bool {
    now.nanoseconds <= freshUntil.load(ordering: .relaxed)
  }
}
