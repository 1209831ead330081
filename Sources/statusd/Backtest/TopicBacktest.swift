import Backtest
import Console
import Evaluator
import Kafka
import Platform
import Records
import Settings

/// A backtest over the records of a topic.
struct TopicBacktest {
  /// What is read.
  struct Plan {
    /// The records.
    var topic: String
    /// From when on.
    var since: Moment
    /// Up to when.
    var until: Moment
    /// Where transitions stand to compare with; nil: nothing is compared.
    var alerts: String?
  }

  private let cluster: Cluster
  private let plan: Plan
  private let signals: Signals

  init(_ cluster: Cluster, _ plan: Plan, _ signals: Signals) {
    self.cluster = cluster
    self.plan = plan
    self.signals = signals
  }

  /// Reads it to its end; how the command ends.
  func run(_ view: BacktestView) throws -> ExitCode {
    do {
      return try History.open(cluster.configuration, topic: plan.topic, signals: signals) { history in
        try run(view, over: &history)
      }
    } catch let problem as History.Problem {
      return signals.isUnread ? .ok : problem.report("backtest", topic: plan.topic)
    }
  }

  private func run(_ view: BacktestView, over history: inout History) throws -> ExitCode {
    let begin = plan.since.wall(now: SystemTime().wall)
    var stretch = Stretch(
      topic: plan.topic, offsets: try history.stretch(from: plan.since, to: plan.until), begin: begin)
    var difference: AlertsDifference?
    if let alerts = plan.alerts {
      let evaluated = try History.committed(
        by: cluster.settings.evaluator.group, cluster.configuration,
        in: stretch.offsets.keys.map { TopicPartition(plan.topic, $0) })
      stretch.end(at: evaluated)
      difference = try RecordedAlerts.read(
        alerts,
        into: AlertsDifference(stretch, allowsDoubles: cluster.settings.evaluator.delivery == .atLeastOnce),
        cluster.configuration, signals)
      if difference == nil { return signals.isUnread ? .ok : .temporary }
    }
    var reading = BacktestReading(
      BacktestRun(stretch, settings: cluster.settings, partitionCount: history.partitionCount, log: Cluster.log),
      view: view, difference: difference, total: stretch.count)
    let ending = try history.read(stretch.offsets, into: &reading) { $0.show() }
    return try reading.finish(ending.problem(topic: plan.topic))
  }
}

/// The transitions that stand in the alerts topic, on their way to be compared.
private struct RecordedAlerts: LogReceiver {
  private var difference: AlertsDifference
  private var isTooLong = false

  private init(_ difference: AlertsDifference) { self.difference = difference }

  /// Reads all of `topic` into `difference`; nil: it couldn't be, and that is said.
  static func read(
    _ topic: String, into difference: AlertsDifference, _ configuration: Configuration, _ signals: Signals
  ) throws -> AlertsDifference? {
    var recorded = RecordedAlerts(difference)
    do {
      let ending = try History.open(configuration, topic: topic, signals: signals) { history in
        try history.read(history.stretch(from: .beginning, to: .now), into: &recorded) { !$0.isTooLong }
      }
      let tooLong =
        "'\(topic)' has more transitions for these records than fit into memory; begin later, or end earlier"
      guard let problem = recorded.isTooLong ? tooLong : ending.problem(topic: topic) else {
        return recorded.difference
      }
      if !signals.isUnread { printError("statusd backtest: \(problem)\n") }
    } catch let problem as History.Problem {
      _ = problem.report("backtest", topic: topic)
    }
    return nil
  }

  mutating func expect(_ record: LogRecord) {}

  mutating func receive(_ record: LogRecord) {
    if !difference.takeRecorded(record.value, kafkaTime: record.kafkaTime) { isTooLong = true }
  }

  mutating func receiveEnd(of partition: LogPartition, position: Int64) {}
}

/// A backtest under way: takes records, shows what they came to.
struct BacktestReading: ~Copyable, LogReceiver {
  private var run: BacktestRun
  private var view: BacktestView
  private var difference: AlertsDifference?
  private var progress: Progress

  /// - Parameter total: how many offsets there are; nil: not known.
  init(_ run: consuming BacktestRun, view: BacktestView, difference: AlertsDifference?, total: Int64?) {
    self.run = run
    self.view = view
    self.difference = difference
    progress = Progress(of: total)
  }

  mutating func expect(_ record: LogRecord) { run.expect(record) }
  mutating func receive(_ record: LogRecord) { run.receive(record) }
  mutating func receiveEnd(of partition: LogPartition, position: Int64) {
    run.receiveEnd(of: partition, position: position)
  }

  /// A signal says to end.
  mutating func stop() { view.stop() }

  /// Shows what came of the records so far; whether there is any use in more.
  mutating func show() -> Bool {
    while let transition = run.next() {
      view.take(transition)
      switch difference?.take(transition) {
      case .missing: view.show(transition, .onlyInBacktest)
      case .outOfOrder: view.show(transition, .inAnotherOrder)
      default: break
      }
    }
    if view.hasSomething { progress.clear() }
    run.speak()
    view.flush()
    progress.show(run.records)
    return view.goesOn
  }

  /// Shows the rest and the summary, with `more` lines behind it; how the command ends. `problem` is why it isn't all.
  consuming func finish(_ problem: String?, _ more: [String] = []) throws -> ExitCode {
    let problem = problem ?? (view.isStopped ? "stopped before all was read" : nil)
    run.giveUp()
    _ = show()
    var lines = run.numbers.summary + more
    if run.hasProducersTimes {
      lines.append("times were the producers' own (CreateTime): --since and --until go by these")
    }
    if difference != nil, problem == nil {
      difference?.finish { view.show($0, .onlyInTopic) }
      lines += difference?.summary ?? []
    }
    progress.clear()
    view.finish(until: run.latest ?? WallTime(milliseconds: 0), lines)
    try view.flow.check()
    if view.isUnread { return .ok }
    if let problem {
      printError("statusd backtest: \(problem)\n")
      return .temporary
    }
    return difference?.isSame ?? true ? .ok : .failed
  }
}

extension Stretch {
  /// Ends where the group has come to, which may be before all that there is.
  fileprivate mutating func end(at positions: [Int32: Int64]) {
    for (partition, range) in offsets {
      let end = min(range.upperBound, positions[partition] ?? range.lowerBound)
      offsets[partition] = range.lowerBound..<max(range.lowerBound, end)
    }
  }
}

extension AlertsDifference {
  /// What the comparison came to, for people.
  fileprivate var summary: [String] {
    let same = counts.same
    var lines = [isSame ? "no difference: \(counted(same, "transition")) on both sides" : "\(same) on both sides"]
    for (count, what) in [
      (counts.missing, "only in the backtest"), (counts.extra, "only in the topic"),
      (counts.outOfOrder, "in another order"), (counts.doubled, "more than once in the topic"),
      (counts.begunBefore, "of alerts that fired already when the stretch began"),
      (counts.notComparable, "not compared: behind a silence or a change of rules"),
    ] where count > 0 {
      lines.append("\(count) \(what)")
    }
    return lines
  }
}
