import Evaluator
import Platform

/// One process of a schedule of meters: a worker, which can die and be started again.
final class MeterActor {
  let name: String
  let orders: StreamOrders
  private var member: SimulatedMember?
  private var worker: Worker<SimulatedLog, Metering>?
  /// Whether its turn is running.
  private(set) var isBusy = false
  /// Whether another process with its name was started: once this one has ended, it isn't started again.
  var isReplaced = false

  init(name: String, _ orders: StreamOrders) {
    self.name = name
    self.orders = orders
  }

  /// Whether its process is dead.
  var isGone: Bool { member?.isDead ?? true }

  func kill() { member?.isDead = true }

  func start(_ log: consuming SimulatedLog, _ member: SimulatedMember, _ time: OwnClock) {
    guard let share = try? WorkerShare<StreamOrders>() else { return }
    self.member = member
    let plan = WorkerPlan(
      topics: ["statusd-streams"], group: "monitor_group", instance: name, commitInterval: .milliseconds(20))
    worker = Worker(
      log: log, orders: orders, plan: plan, share: share,
      heartbeat: Heartbeat(name: name, allowedSilence: .seconds(10), now: time.monotonic),
      logger: Logger(level: .critical, output: NoLog()), time: time)
  }

  func turn() {
    if isBusy || isGone { return }
    isBusy = true
    worker?.turn()
    if worker?.end != nil { kill() }
    isBusy = false
  }
}

/// The clocks of one process: its wall clock is wrong by a constant.
struct OwnClock: TimeSource {
  let time: ManualTime
  /// How far its wall clock is ahead, milliseconds.
  let ahead: Int64

  var wall: WallTime { WallTime(milliseconds: time.wall.milliseconds + ahead) }
  var monotonic: MonotonicTime { time.monotonic }
  func wait(for wakeup: Wakeup, until deadline: MonotonicTime?) -> Bool { time.wait(for: wakeup, until: deadline) }
}

/// Nobody reads the log of a schedule.
private struct NoLog: LogOutput {
  func write(_ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata) {}
}
