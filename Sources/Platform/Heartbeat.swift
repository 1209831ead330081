import Synchronization

/// A loop's sign of life, read by the supervisor, which feeds the watchdog only while every loop's is fresh.
public final class Heartbeat: Sendable {
  /// Whose it is, for the log.
  public let name: String
  /// Nanoseconds.
  private let allowedSilence: Int64
  /// Nanoseconds of the monotonic clock: until when the last beat counts.
  private let freshUntil: Atomic<Int64>

  /// - Parameters:
  ///   - allowedSilence: how long the loop may be busy between two beats.
  ///   - now: counts as its first beat.
  public init(name: String, allowedSilence: Duration, now: MonotonicTime) {
    self.name = name
    self.allowedSilence = allowedSilence.wholeNanoseconds
    freshUntil = Atomic((now + allowedSilence).nanoseconds)
  }

  /// The loop goes on, and will beat again within the allowed silence; where it is about to wait, within that after
  /// `deadline`. So a loop with nothing to do needn't wake to say so.
  public func beat(_ now: MonotonicTime, waitingUntil deadline: MonotonicTime? = nil) {
    let (next, overflow) = max(now, deadline ?? now).nanoseconds.addingReportingOverflow(allowedSilence)
    freshUntil.store(overflow ? .max : next, ordering: .relaxed)
  }

  /// The loop has ended, as it was told: it is fresh for good.
  public func end() { freshUntil.store(.max, ordering: .relaxed) }

  /// Whether the loop makes progress, as far as is known at `now`.
  public func isFresh(at now: MonotonicTime) -> Bool {
    now.nanoseconds <= freshUntil.load(ordering: .relaxed)
  }
}
