import Platform
import Records
import Rules
import Settings

/// What the evaluator makes of records that stand in a log already: the production reader and engines, without a group,
/// deliveries or a clock. What silence means is asked only where somebody turns the clock: no log tells it.
public struct Replay: ~Copyable {
  private var evaluation: Evaluation
  private var voice: WorkerVoice
  /// How many records had come when all that engines keep for a changelog was thrown away last.
  private var settledAt: Int64 = 0
  /// After how many records that happens, at the earliest.
  var settlesEvery: Int64 = 1 << 20

  /// No partition yet.
  ///
  /// - Parameters:
  ///   - settings: `[evaluator]` and the rules, which have no problems.
  ///   - topic: where the records stand.
  ///   - partitionCount: how many partitions that topic has.
  ///   - log: told of bad records and other oddities, at the evaluator's bounded rates.
  ///   - time: for these rates, and for the wall clock, beyond which the log's time doesn't go in topics whose times are
  ///     their producers'.
  public init(settings: Settings, topic: String, partitionCount: Int32, log: Logger, time: any TimeSource) {
    let plan = WorkerPlan(
      topics: [topic], group: settings.evaluator.group, instance: settings.run.instance,
      maxFuture: settings.evaluator.maxFuture, room: SubjectRoom(limit: settings.evaluator.maxSubjects))
    evaluation = Evaluation(plan, rules: SourceRules(settings.ruleSet))
    evaluation.setPartitionCount(partitionCount, ofTopic: 0)
    evaluation.wall = time.wall.milliseconds
    voice = WorkerVoice(logger: log, topics: [topic], time: time)
  }

  /// Records of this partition come from now on, from `offset` on; its state is empty.
  public mutating func begin(partition: Int32, at offset: Int64) {
    evaluation.add(LogPartition(topic: 0, number: partition), at: offset)
  }

  /// This partition's records have all come, and its state goes.
  public mutating func end(partition: Int32) { evaluation.remove([LogPartition(topic: 0, number: partition)]) }

  /// A record that comes soon, some records from now: a hint, and no more.
  public mutating func expect(_ record: LogRecord) { evaluation.expect(record) }

  /// A record, of topic 0; each partition's in the order of its log.
  public mutating func receive(_ record: LogRecord) { evaluation.receive(record) }

  /// Whether there is something to take.
  public var hasTransitions: Bool { !evaluation.transitions.isEmpty }

  /// The transitions that were made since this was called last, in their order.
  public mutating func takeTransitions() -> [Transition] {
    var taken: [Transition] = []
    evaluation.takeTransitions { transition, _ in taken.append(transition) }
    return taken
  }

  /// The clock shows `now`, in milliseconds since some start of its own, and every partition is read to its end, as it has
  /// been since `since`: who was silent for too long is declared so. Where this is never called, nobody is.
  public mutating func pass(to now: Int64, since: Int64) {
    for partition in evaluation.partitions {
      partition.engine.now = now
      while !partition.engine.declareSilence(since: since, limit: 1000, into: &evaluation.transitions) {}
      evaluation.own(partition.id)
    }
  }

  /// Says in the log what the records were that came since this was called last, to be called after each batch.
  public mutating func speak() {
    voice.speak(of: &evaluation)
    settle()
  }

  /// An engine keeps what a changelog should know until somebody takes it. Here nobody wants it, and now and then it is
  /// thrown away: so seldom that it costs nothing, often enough for memory to stay bounded.
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

  /// How many subjects wait to be written into a changelog that isn't there.
  var unwrittenSubjects: Int { evaluation.unwrittenSubjects }

  /// What was counted so far.
  public var numbers: EvaluatorNumbers { evaluation.totals }
}
