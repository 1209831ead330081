import Synchronization

/// Clocks for tests, which move only when told to.
///
/// Threads that wait in `wait(for:until:)` go on as soon as the clocks reach their deadline.
public final class ManualTime: TimeSource {
  private struct State {
    var wall: WallTime
    var monotonic: MonotonicTime
    var sleepers: [(deadline: MonotonicTime, alarm: Wakeup)] = []
    /// Rung when the next sleeper begins to wait.
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

  /// The wall clock as last set.
  public var wall: WallTime { state.withLock { $0.wall } }

  /// The monotonic clock as last set.
  public var monotonic: MonotonicTime { state.withLock { $0.monotonic } }

  /// Advances both clocks by `duration`, which isn't negative, and wakes everyone whose deadline has come.
  public func advance(by duration: Duration) {
    state.withLock { state in
      state.wall = state.wall + duration
      state.monotonic = state.monotonic + duration
      for sleeper in state.sleepers where sleeper.deadline <= state.monotonic { sleeper.alarm.ring() }
    }
  }

  /// Sets the wall clock, as ntpd or an operator does; the monotonic clock doesn't change.
  public func setWall(_ time: WallTime) { state.withLock { $0.wall = time } }

  /// Rings `observer` whenever a thread begins to wait for a deadline in the future.
  public func observeSleepers(_ observer: Wakeup) { state.withLock { $0.observers.append(observer) } }

  /// The earliest deadline that a thread waits for; nil if none waits.
  public var nextDeadline: MonotonicTime? { state.withLock { $0.sleepers.map(\.deadline).min() } }

  /// Waits as `TimeSource` says, by these clocks: returns once `advance` reaches `deadline`.
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
