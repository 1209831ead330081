import Platform
import Records
import Rules
import Settings

/// Evaluates the records of an existing log: the production reader and engines, without a group, deliveries or a clock.
/// Silence is judged only by `pass`, because no log shows it.
public struct Replay: ~Copyable {
  private var evaluation: Evaluation
  private var voice: WorkerVoice
  /// The number of records when the engines' data for a changelog was last discarded.
  private var settledAt: Int64 = 0
  /// The minimum number of records from one such time to the next.
  var settlesEvery: Int64 = 1 << 20

  /// Holds no partition yet.
  ///
  /// - Parameters:
  ///   - settings: `[evaluator]`.
  ///   - topic: the topic of the records.
  ///   - rules: the rules for them.
  ///   - partitionCount: the number of its partitions.
  ///   - log: receives bad records and other oddities, at the evaluator's bounded rates.
  ///   - time: the clock of these rates; its wall clock bounds the log's time in topics with the producers' own times.
  public init(
    settings: Settings, topic: String, rules: RuleSet, partitionCount: Int32, log: Logger, time: any TimeSource
  ) {
    let plan = WorkerPlan(
      topics: [topic], group: settings.evaluator.group, instance: settings.run.instance,
      maxFuture: settings.evaluator.maxFuture, room: SubjectRoom(limit: settings.evaluator.maxSubjects))
    evaluation = Evaluation(plan, rules: SourceRules(rules))
    evaluation.setPartitionCount(partitionCount, ofTopic: 0)
    evaluation.wall = time.wall.milliseconds
    voice = WorkerVoice(logger: log, topics: [topic], time: time)
  }

  /// Begins a partition at `offset`, with empty state.
  public mutating func begin(partition: Int32, at offset: Int64) {
    evaluation.add(LogPartition(topic: 0, number: partition), at: offset)
  }

  /// Ends a partition, and drops its state.
  public mutating func end(partition: Int32) { evaluation.remove([LogPartition(topic: 0, number: partition)]) }

  /// Announces a record that comes some records later; only a hint.
  public mutating func expect(_ record: LogRecord) { evaluation.expect(record) }

  /// Takes a record of topic 0, those of each partition in the order of its log.
  public mutating func receive(_ record: LogRecord) { evaluation.receive(record) }

  /// Whether there are transitions to take.
  public var hasTransitions: Bool { !evaluation.transitions.isEmpty }

  /// Takes the transitions since the last call, in order.
  public mutating func takeTransitions() -> [Transition] {
    var taken: [Transition] = []
    evaluation.takeTransitions { transition, _ in taken.append(transition) }
    return taken
  }

  /// Sets the clock to `now`, in milliseconds from any start. Every partition counts as read to its end since `since`:
  /// subjects that were silent for too long are declared so. Without this call none is.
  public mutating func pass(to now: Int64, since: Int64) {
    for partition in evaluation.partitions {
      partition.engine.now = now
      while !partition.engine.declareSilence(since: since, limit: 1000, into: &evaluation.transitions) {}
      evaluation.own(partition.id)
    }
  }

  /// Logs the oddities of the records since the last call; to be called after each batch.
  public mutating func speak() {
    voice.speak(of: &evaluation)
    settle()
  }

  /// An engine keeps data for a changelog until it is taken. Nobody takes it here, so it is discarded now and then:
  /// rarely enough to cost nothing, often enough to bound memory.
  private mutating func settle() {
    let totals = evaluation.totals
    guard totals.records - settledAt >= max(settlesEvery, totals.subjects * 16) else { return }
    settledAt = totals.records
    let scope = ChangelogScope(group: "", topic: "")
    for partition in evaluation.partitions {
      partition.engine.takeCheckpoints(
        position: partition.position, changedBefore: .max, limit: .max, scope: scope
      ) { _, _ in }
      partition.engine.takeForgotten(scope: scope) { _, _ in }
    }
  }

  /// The number of subjects with changes that no checkpoint has.
  var unwrittenSubjects: Int { evaluation.unwrittenSubjects }

  /// The counters so far.
  public var numbers: EvaluatorNumbers { evaluation.totals }
}
