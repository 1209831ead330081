import Platform
import Rules

@testable import Evaluator

/// A worker on a simulated log, with clocks that move only by waiting.
struct WorkerBench: ~Copyable {
  let time = ManualTime()
  let cluster: SimulatedCluster
  let log = CapturedLog()
  let share: WorkerShare
  let heartbeat: Heartbeat
  var worker: Worker<SimulatedLog>

  init(_ rules: [Rule] = [.cpuHigh], partitions: Int32 = 1) throws {
    cluster = SimulatedCluster(time: time, partitions: partitions)
    share = try WorkerShare()
    heartbeat = Heartbeat(name: "evaluator", allowedSilence: .seconds(10), now: time.monotonic)
    let plan = Worker<SimulatedLog>.Plan(
      topics: ["status_topic"], commitInterval: .seconds(1), maxFuture: .seconds(60))
    worker = Worker(
      log: SimulatedLog(cluster), rules: RuleSet(rules), plan: plan, share: share, heartbeat: heartbeat,
      logger: Logger(level: .debug, output: log), time: time)
  }

  /// Turns the worker's loop until it would wait for more than `idle` with nothing to do.
  mutating func settle(turns: Int = 50) {
    for _ in 0..<turns { worker.turn() }
  }

  var numbers: EvaluatorNumbers { share.numbers }

  /// A record whose time is that of the simulated log, `cpu` as its `cpu_usage`.
  mutating func sample(_ cpu: Double, host: String = "web-1", to partition: Int32 = 0, after: Duration = .seconds(1)) {
    time.advance(by: after)
    cluster.append(
      #"{"timestamp":"\#(time.wall.rfc3339)","host":"\#(host)","cpu_usage":\#(cpu)}"#, key: host, to: partition)
  }
}

extension Rule {
  /// Fires at once above 90.
  static var cpuHigh: Rule {
    Rule(name: "cpu-high", metric: "cpu_usage", side: .above, limits: Limits(critical: 90))
  }
}
