import Synchronization

/// Bounds how often one call site logs: `burst` lines in each `interval`; the rest is counted, and the next line that
/// is let through says how many times it was left out.
public final class RateLimit: Sendable {
  private struct State {
    /// When the interval that runs began; nil: nothing was said yet.
    var began: MonotonicTime?
    /// How many lines were let through in it.
    var said = 0
    /// How many lines were left out since the last one let through.
    var unsaid = 0
  }

  private let burst: Int
  private let interval: Duration
  private let time: any TimeSource
  private let state = Mutex(State())

  /// - Parameters:
  ///   - burst: lines let through in each interval, one at least.
  ///   - interval: begins with the first line after the last interval's end.
  public init(_ burst: Int = 1, per interval: Duration = .seconds(30), time: any TimeSource = SystemTime()) {
    self.burst = max(1, burst)
    self.interval = interval
    self.time = time
  }

  /// Whether a line may be written now: how many were left out since the last one; nil: leave out this one, too.
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

  /// How many lines were left out since the last one written; from then on 0.
  func takeUnsaid() -> Int {
    state.withLock { state in
      defer { state.unsaid = 0 }
      return state.unsaid
    }
  }
}

extension Logger {
  /// Writes the line where `limit` lets it through, with the fact `left_out` where lines like it were left out before.
  public func limited(
    _ limit: RateLimit, _ level: LogLevel, _ message: StaticString,
    _ metadata: @autoclosure () -> LogMetadata = [:]
  ) {
    guard level >= self.level, let leftOut = limit.admit() else { return }
    var facts = metadata()
    if leftOut > 0 { facts.append("left_out", .int(leftOut)) }
    log(level, message, facts)
  }

  /// Says how many lines `limit` left out since the last one it let through, where there are any: when a loop ends.
  public func settle(_ limit: RateLimit, _ level: LogLevel, _ message: StaticString) {
    let leftOut = limit.takeUnsaid()
    if leftOut > 0 { log(level, message, ["left_out": .int(leftOut)]) }
  }
}
