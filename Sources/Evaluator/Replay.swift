import Platform
import Records
import Rules
import Settings

/// What the evaluator makes of records that stand in a log already: the production reader and engines, without a group,
/// deliveries or a clock. What silence means isn't asked here: it is nothing that a log tells.
public struct Replay: ~Copyable {
  private var evaluation: Evaluation
  private var voice: WorkerVoice

  /// No partition yet.
  ///
  /// - Parameters:
  ///   - settings: `[evaluator]` and the rules, which have no problems.
  ///   - topic: where the records stand.
  ///   - partitionCount: how many partitions that topic has.
  ///   - log: told of bad records and other oddities, at the evaluator's bounded rates.
  ///   - time: for these rates, and for the wall clock, which the future is measured against in topics whose times are
  ///     their producers'.
  public init(settings: Settings, topic: String, partitionCount: Int32, log: Logger, time: any TimeSource) {
    evaluation = Evaluation(
      topics: [topic], rules: settings.ruleSet, maxFuture: settings.evaluator.maxFuture.wholeMilliseconds)
    evaluation.setPartitionCount(partitionCount, ofTopic: 0)
    evaluation.wall = time.wall.milliseconds
    voice = WorkerVoice(logger: log, topics: [topic], time: time)
  }

  /// Records of this partition come from now on, from `offset` on; its state is empty.
  public mutating func begin(partition: Int32, at offset: Int64) {
    evaluation.add(LogPartition(topic: 0, number: partition), position: offset, committed: nil)
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
    defer { evaluation.transitions.removeAll(keepingCapacity: true) }
    return evaluation.transitions
  }

  /// Says in the log what the records were that came since this was called last.
  public mutating func speak() { voice.speak(of: &evaluation) }

  /// What was counted so far.
  public var numbers: EvaluatorNumbers { evaluation.totals }
}
