import Backtest
import Console
import Evaluator
import Kafka
import KafkaEvaluator
import Platform
import Records
import Settings
import Topics

/// A backtest over the records of topics, one after the other.
struct TopicBacktest {
  /// What is read.
  struct Plan {
    /// Where the records stand. All but the first may be missing.
    var topics: [String]
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

  /// Reads all to its end; how the command ends.
  func run(_ view: BacktestView) throws -> ExitCode {
    var result = BacktestResult(view: view)
    for (place, topic) in plan.topics.enumerated() where result.goesOn {
      do {
        let next = try History.open(cluster.configuration, topic: topic, signals: signals, log: Cluster.log) {
          history in
          try run(topic, over: &history, after: result)
        }
        guard let next else { return signals.isUnread ? .ok : .temporary }
        result = next
      } catch History.Problem.noTopic where place > 0 {
        continue
      } catch let problem as History.Problem {
        return signals.isUnread ? .ok : problem.report("backtest", topic: topic)
      }
    }
    return try result.finish()
  }

  /// nil: it can't be compared, and that is said.
  private func run(
    _ topic: String, over history: inout History, after result: BacktestResult
  ) throws -> BacktestResult? {
    let begin = plan.since.wall(now: SystemTime().wall)
    var stretch = Stretch(
      topic: topic, offsets: try history.stretch(from: plan.since, to: plan.until), begin: begin)
    var difference: AlertsDifference?
    if let alerts = plan.alerts {
      let evaluated = try History.committed(
        by: cluster.settings.evaluator.group, cluster.configuration,
        in: stretch.offsets.keys.map { TopicPartition(topic, $0) })
      stretch.end(at: evaluated)
      difference = try RecordedAlerts.read(
        alerts,
        into: AlertsDifference(stretch, allowsDoubles: cluster.settings.evaluator.delivery == .atLeastOnce),
        cluster.configuration, signals)
      if difference == nil { return nil }
    }
    // Where nothing was said yet, there is nothing to say of it.
    if stretch.count == 0, topic != plan.topics.first { return result }
    var reading = BacktestReading(
      BacktestRun(stretch, settings: cluster.settings, partitionCount: history.partitionCount, log: Cluster.log),
      after: result, difference: difference, total: stretch.count)
    let ending = try history.read(stretch.offsets, into: &reading) { $0.show() }
    return reading.end(ending.problem(topic: topic), of: topic)
  }
}

/// The transitions that stand in the alerts topic, on their way to be compared.
private struct RecordedAlerts: HistoryReceiver {
  private var difference: AlertsDifference
  private var isTooLong = false

  private init(_ difference: AlertsDifference) { self.difference = difference }

  /// Reads all of `topic` into `difference`; nil: it couldn't be, and that is said.
  static func read(
    _ topic: String, into difference: AlertsDifference, _ configuration: Configuration, _ signals: Signals
  ) throws -> AlertsDifference? {
    var recorded = RecordedAlerts(difference)
    do {
      let ending = try History.open(configuration, topic: topic, signals: signals, log: Cluster.log) {
        history in
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

  mutating func expect(_ record: Message, of partition: Int32) {}

  mutating func receive(_ record: Message, of partition: Int32) {
    if !difference.takeRecorded(record.value, kafkaTime: record.timestamp) { isTooLong = true }
  }

  mutating func receiveEnd(of partition: Int32, position: Int64) {}
}

/// A backtest under way: takes records, shows what they came to.
struct BacktestReading: ~Copyable, HistoryReceiver {
  private var run: BacktestRun
  private var result: BacktestResult
  private var difference: AlertsDifference?
  private var progress: Progress

  /// - Parameter total: how many offsets there are; nil: not known.
  init(_ run: consuming BacktestRun, after result: BacktestResult, difference: AlertsDifference?, total: Int64?) {
    self.run = run
    self.result = result
    self.difference = difference
    progress = Progress(of: total)
  }

  mutating func expect(_ record: Message, of partition: Int32) {
    run.expect(LogRecord(record, of: LogPartition(topic: 0, number: partition)))
  }
  mutating func receive(_ record: Message, of partition: Int32) {
    receive(LogRecord(record, of: LogPartition(topic: 0, number: partition)))
  }
  mutating func receiveEnd(of partition: Int32, position: Int64) {
    run.receiveEnd(of: LogPartition(topic: 0, number: partition), position: position)
  }

  /// A record of a topic or a file.
  mutating func receive(_ record: LogRecord) { run.receive(record) }

  /// A signal says to end.
  mutating func stop() { result.view.stop() }

  /// Shows what came of the records so far; whether there is any use in more.
  mutating func show() -> Bool {
    while let transition = run.next() {
      result.view.take(transition)
      switch difference?.take(transition) {
      case .missing: result.view.show(transition, .onlyInBacktest)
      case .outOfOrder: result.view.show(transition, .inAnotherOrder)
      default: break
      }
    }
    if result.view.hasSomething { progress.clear() }
    run.speak()
    result.view.flush()
    progress.show(run.records)
    return result.view.goesOn
  }

  /// Shows the rest; what it came to, with `more` lines behind. `problem` is why it isn't all.
  consuming func end(_ problem: String?, of topic: String, _ more: [String] = []) -> BacktestResult {
    let problem = problem ?? (result.view.isStopped ? "stopped before all was read" : nil)
    run.giveUp()
    _ = show()
    result.lines.append((topic, run.numbers.summary + more))
    if run.hasProducersTimes { result.hasProducersTimes = true }
    if let latest = run.latest, latest.milliseconds > result.latest?.milliseconds ?? .min { result.latest = latest }
    if difference != nil, problem == nil {
      difference?.finish { result.view.show($0, .onlyInTopic) }
      if let difference {
        let counts = difference.counts
        result.counts = result.counts.map { $0 + counts } ?? counts
        result.isSame = result.isSame && difference.isSame
      }
    }
    progress.clear()
    result.problem = problem
    return result
  }
}

/// What the stretches read so far came to.
struct BacktestResult {
  var view: BacktestView
  /// Of each topic, what is said of its records.
  var lines: [(topic: String, lines: [String])] = []
  /// Some had their producers' times.
  var hasProducersTimes = false
  /// The latest Kafka time of a record; nil: none had any.
  var latest: WallTime?
  /// How both sides compare; nil: they weren't compared.
  var counts: AlertsDifference.Counts?
  var isSame = true
  /// Why it isn't all.
  var problem: String?

  init(view: BacktestView) { self.view = view }

  /// Whether there is any use in another stretch.
  var goesOn: Bool { problem == nil && view.goesOn }

  /// Shows the summary; how the command ends.
  consuming func finish() throws -> ExitCode {
    var text = lines.flatMap { topic, said in lines.count == 1 ? said : said.map { "\(topic): \($0)" } }
    if hasProducersTimes { text.append("times were the producers' own (CreateTime): --since and --until go by these") }
    if let counts, problem == nil { text += counts.summary(isSame: isSame) }
    view.finish(until: latest ?? WallTime(milliseconds: 0), text)
    try view.flow.check()
    if view.isUnread { return .ok }
    if let problem {
      printError("statusd backtest: \(problem)\n")
      return .temporary
    }
    return isSame ? .ok : .failed
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

extension AlertsDifference.Counts {
  /// What the comparison came to, for people.
  fileprivate func summary(isSame: Bool) -> [String] {
    var lines = [isSame ? "no difference: \(counted(same, "transition")) on both sides" : "\(same) on both sides"]
    for (count, what) in [
      (missing, "only in the backtest"), (extra, "only in the topic"),
      (outOfOrder, "in another order"), (doubled, "more than once in the topic"),
      (begunBefore, "of alerts that fired already when the stretch began"),
      (notComparable, "not compared: behind a silence or a change of rules"),
    ] where count > 0 {
      lines.append("\(count) \(what)")
    }
    return lines
  }
}
