import Backtest
import Console
import Evaluator
import Kafka
import KafkaEvaluator
import Platform
import Programs
import Records
import Settings
import Topics

/// A backtest over the records of topics, one after the other.
struct TopicBacktest {
  /// The records to read.
  struct Plan {
    /// The topics of the records. All but the first may be missing.
    var topics: [String]
    /// The time of the first records.
    var since: Moment
    /// The time at which reading ends.
    var until: Moment
    /// The topic with the transitions to compare with; nil if nothing is compared.
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

  /// Reads all topics. Returns the command's exit code.
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
        return signals.isUnread ? .ok : problem.report("statusd backtest", topic: topic)
      }
    }
    return try result.finish()
  }

  /// Returns nil, after an error message, if the topic can't be compared.
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
    // An empty topic other than the first isn't worth a line.
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

  /// Reads all of `topic` into `difference`. Returns nil, after an error message, if it can't be read.
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
      _ = problem.report("statusd backtest", topic: topic)
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

  /// - Parameter total: the number of offsets; nil if unknown.
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

  /// Called when a signal ends the command.
  mutating func stop() { result.view.stop() }

  /// Shows the transitions so far. Returns whether more are wanted.
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

  /// Shows the rest. Returns the result, with the summary lines `more`. `problem` is why it is incomplete.
  consuming func end(_ problem: String?, of topic: String, _ more: [String] = []) -> BacktestResult {
    let problem = problem ?? (result.view.isStopped ? "stopped before everything was read" : nil)
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

/// The result of the stretches read so far.
struct BacktestResult {
  var view: BacktestView
  /// The summary lines of each topic.
  var lines: [(topic: String, lines: [String])] = []
  /// Whether some records had their producers' timestamps.
  var hasProducersTimes = false
  /// The latest Kafka time of a record; nil if none had one.
  var latest: WallTime?
  /// The counts of the comparison; nil if nothing was compared.
  var counts: AlertsDifference.Counts?
  var isSame = true
  /// Why the result is incomplete; nil if it is complete.
  var problem: String?

  init(view: BacktestView) { self.view = view }

  /// Whether another stretch is to be read.
  var goesOn: Bool { problem == nil && view.goesOn }

  /// Shows the summary. Returns the command's exit code.
  consuming func finish() throws -> ExitCode {
    var text = lines.flatMap { topic, said in lines.count == 1 ? said : said.map { "\(topic): \($0)" } }
    if hasProducersTimes { text.append("times are the producers' own (CreateTime): --since and --until use these") }
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
  /// Ends the stretch at the group's positions, if these are before its end.
  fileprivate mutating func end(at positions: [Int32: Int64]) {
    for (partition, range) in offsets {
      let end = min(range.upperBound, positions[partition] ?? range.lowerBound)
      offsets[partition] = range.lowerBound..<max(range.lowerBound, end)
    }
  }
}

extension AlertsDifference.Counts {
  /// The result of the comparison, for people.
  fileprivate func summary(isSame: Bool) -> [String] {
    var lines = [isSame ? "no difference: \(counted(same, "transition")) on both sides" : "\(same) on both sides"]
    for (count, what) in [
      (missing, "only in the backtest"), (extra, "only in the topic"),
      (outOfOrder, "in another order"), (doubled, "more than once in the topic"),
      (begunBefore, "of alerts that fired already at the beginning"),
      (notComparable, "not compared: after a silence or a change of rules"),
    ] where count > 0 {
      lines.append("\(count) \(what)")
    }
    return lines
  }
}
