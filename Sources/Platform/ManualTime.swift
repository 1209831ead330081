import Synchronization

/// Clocks that stand still until they are told to move, for tests.
///
/// Threads that wait through `wait(for:until:)` go on as soon as the clocks reach their deadline.
public final class ManualTime: TimeSource {
  private struct State {
    var wall: WallTime
    var monotonic: MonotonicTime
    var sleepers: [(deadline: MonotonicTime, alarm: Wakeup)] = []
    /// Who asked to hear of the next sleeper.
    var observers: [Wakeup] = []
  }

  private let state: Mutex<State>

  /// Clocks that show these instants.
  public init(
    wall: WallTime = WallTime(milliseconds: 1_767_225_600_000),
    monotonic: MonotonicTime = MonotonicTime(nanoseconds: 1_000_000_000)
  ) {
    state = Mutex(State(wall: wall, monotonic: monotonic))
  }

  /// Where it was set to.
  public var wall: WallTime { state.withLock { $0.wall } }

  /// Where it was set to.
  public var monotonic: MonotonicTime { state.withLock { $0.monotonic } }

  /// Both clocks go on by `duration`, which isn't negative, and whoever waited for less wakes.
  public func advance(by duration: Duration) {
    state.withLock { state in
      state.wall = state.wall + duration
      state.monotonic = state.monotonic + duration
      for sleeper in state.sleepers where sleeper.deadline <= state.monotonic { sleeper.alarm.ring() }
    }
  }

  /// The wall clock is set, as ntpd or an operator does it; the monotonic one doesn't notice.
  public func setWall(_ time: WallTime) { state.withLock { $0.wall = time } }

  /// Rings `observer` whenever somebody begins to wait for a deadline that is still to come.
  public func observeSleepers(_ observer: Wakeup) { state.withLock { $0.observers.append(observer) } }

  /// The earliest deadline somebody waits for.
  public var nextDeadline: MonotonicTime? { state.withLock { $0.sleepers.map(\.deadline).min() } }

  /// As `TimeSource` says, by these clocks: returns once `advance` has come to `deadline`.
  public func wait(for wakeup: Wakeup, until deadline: MonotonicTime?) -> Bool {
    guard let deadline else { return wakeup.wait(until: nil) }
    guard let alarm = try? Wakeup() else { return wakeup.wait(until: nil) }
    let isDue = state.withLock { state in
      if deadline <= state.monotonic { return true }
      state.sleepers.append((deadline, alarm))
      for observer in state.observers { observer.ring() }
      return false
    }
    if isDue { return wakeup.drain() }
    defer { state.withLock { $0.sleepers.removeAll { $0.alarm === alarm } } }
    return wakeup.wait(orFor: alarm)
  }
}
