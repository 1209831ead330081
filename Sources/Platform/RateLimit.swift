import Synchronization

/// Limits how often one call site logs: at most `burst` lines in each `interval`. The rest is counted, and the next
/// line written carries that count.
public final class RateLimit: Sendable {
  private struct State {
    /// When the current interval began; nil before the first line.
    var began: MonotonicTime?
    /// Lines let through in the current interval.
    var said = 0
    /// Lines left out since the last one let through.
    var unsaid = 0
  }

  private let burst: Int
  private let interval: Duration
  private let time: any TimeSource
  private let state = Mutex(State())

  /// - Parameters:
  ///   - burst: lines let through in each interval, at least one.
  ///   - interval: its length. A new one begins with the first line after the last one's end.
  public init(_ burst: Int = 1, per interval: Duration = .seconds(30), time: any TimeSource = SystemTime()) {
    self.burst = max(1, burst)
    self.interval = interval
    self.time = time
  }

  /// Decides on one line. Returns how many were left out since the last one written; nil if this one is left out, too.
  func admit() -> Int? {
    let now = time.monotonic
    return state.withLock { state in
      if let began = state.began, now - began < interval {
        if state.said >= burst {
          state.unsaid += 1
          return nil
        }
      } else {
        state.began = now
        state.said = 0
      }
      state.said += 1
      defer { state.unsaid = 0 }
      return state.unsaid
    }
  }

  /// Returns how many lines were left out since the last one written, and resets that count.
  func takeUnsaid() -> Int {
    state.withLock { state in
      defer { state.unsaid = 0 }
      return state.unsaid
    }
  }
}

extension Logger {
  /// Writes the line if `limit` lets it through. The fact `left_out` counts the lines left out before it, if any.
  public func limited(
    _ limit: RateLimit, _ level: LogLevel, _ message: StaticString,
    _ metadata: @autoclosure () -> LogMetadata = [:]
  ) {
    guard level >= self.level, let leftOut = limit.admit() else { return }
    var facts = metadata()
    if leftOut > 0 { facts.append("left_out", .int(leftOut)) }
    log(level, message, facts)
  }

  /// Logs how many lines `limit` left out since the last one written, if any. Call it when a loop ends.
  public func settle(_ limit: RateLimit, _ level: LogLevel, _ message: StaticString) {
    let leftOut = limit.takeUnsaid()
    if leftOut > 0 { log(level, message, ["left_out": .int(leftOut)]) }
  }
}
