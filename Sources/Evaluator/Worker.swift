import Platform
import Records
import Rules

/// Reads source partitions, evaluates their records, delivers what they cause: one loop on one thread.
///
/// Each turn of it either delivers or evaluates a batch, never both: while a delivery is under way nothing is fetched,
/// so what waits in memory is bounded by what one batch can make. State that is ahead of what is delivered is harmless:
/// the transitions it made are kept until they are acknowledged, and sent again where a producer is lost.
struct Worker<Log: EvaluatorLog & ~Copyable>: ~Copyable {
  /// How a worker goes about it.
  struct Plan {
    /// The source topics.
    var topics: [String]
    /// How often positions are committed where no transition asks for it at once.
    var commitInterval: Duration
    /// How far ahead of the log's time a record may be.
    var maxFuture: Duration
    /// How long a delivery is waited for in one turn of the loop.
    var patience = Duration.milliseconds(500)
    /// How long a question to brokers may take.
    var questionPatience = Duration.seconds(2)
    /// How long partitions that are handed over are kept until what they caused is delivered.
    var handOver = Duration.seconds(5)
    /// The longest wait without a sign from the log.
    var idle = Duration.seconds(10)
  }

  var log: Log
  var evaluation: Evaluation
  var outbox = Outbox()
  var delivery = Delivery()
  /// The positions that the delivery under way commits.
  var positions: [(partition: LogPartition, position: Int64)] = []
  /// Partitions that the group gave, and whose positions aren't known yet.
  var joining: [LogPartition] = []
  /// Partitions whose position the log no longer has.
  var misplaced: [(partition: LogPartition, position: Int64)] = []
  var voice: WorkerVoice
  let plan: Plan
  let share: WorkerShare
  let heartbeat: Heartbeat
  let time: any TimeSource

  /// When positions are committed next.
  private var nextCommit: MonotonicTime
  /// After a failed delivery: when it goes on.
  private var nextAttempt: MonotonicTime
  /// After a question about partitions that wasn't answered: when it is asked again.
  var nextTry: MonotonicTime
  /// When partitions are counted again, if somebody sends records without a key.
  var nextCount: MonotonicTime

  init(
    log: consuming Log, rules: RuleSet, plan: Plan, share: WorkerShare, heartbeat: Heartbeat, logger: Logger,
    time: any TimeSource
  ) {
    self.log = log
    self.plan = plan
    self.share = share
    self.heartbeat = heartbeat
    self.time = time
    voice = WorkerVoice(logger: logger, topics: plan.topics, time: time)
    evaluation = Evaluation(topics: plan.topics, rules: rules, maxFuture: plan.maxFuture.wholeMilliseconds)
    nextCommit = time.monotonic
    nextAttempt = nextCommit
    nextTry = nextCommit
    nextCount = nextCommit
  }

  /// Goes on until the share says stop; then delivers what there is, leaves the group and ends.
  consuming func run() {
    while share.stopBy == nil { turn() }
    let deadline = share.stopBy ?? time.monotonic
    finish(by: deadline)
    log.close(until: deadline)
    heartbeat.end()
  }

  /// One turn of the loop.
  mutating func turn() {
    let now = time.monotonic
    heartbeat.beat(now)
    takeRules()
    while let event = log.nextEvent() { answer(event) }
    settlePartitions(now)
    if isDeliveryDue(now) {
      deliver(until: now + plan.patience)
    } else {
      let deadline = nextDeadline(now)
      heartbeat.beat(now, waitingUntil: deadline)
      evaluate(until: deadline)
    }
    publish()
  }

  /// Waits for records and evaluates a batch of them.
  private mutating func evaluate(until deadline: MonotonicTime) {
    evaluation.wall = time.wall.milliseconds
    log.fetch(until: deadline, into: &evaluation)
    collect()
  }

  /// Between two batches the new rules take the old ones' place, in every partition.
  private mutating func takeRules() {
    guard let rules = share.takeRules() else { return }
    evaluation.replaceRules(rules)
    collect()
    voice.tookRules(evaluation.ruleCount)
  }

  /// What the last batch or change of rules caused goes into the outbox and to the log.
  private mutating func collect() {
    for transition in evaluation.transitions {
      outbox.append(transition)
      voice.made(transition)
    }
    evaluation.numbers.transitions += Int64(evaluation.transitions.count)
    evaluation.transitions.removeAll(keepingCapacity: true)
    voice.speak(of: &evaluation)
  }

  // MARK: Delivery

  private func isDeliveryDue(_ now: MonotonicTime) -> Bool {
    if !outbox.isEmpty || !delivery.isIdle { return true }
    return nextCommit <= now && nextAttempt <= now && evaluation.hasUncommittedPositions
  }

  /// Until when a fetch may wait.
  private func nextDeadline(_ now: MonotonicTime) -> MonotonicTime {
    var deadline = now + plan.idle
    if evaluation.hasUncommittedPositions { deadline = min(deadline, max(nextCommit, nextAttempt)) }
    if !joining.isEmpty || !misplaced.isEmpty { deadline = min(deadline, nextTry) }
    return deadline
  }

  /// Goes on with the delivery of the outbox and the positions. True: all is delivered.
  @discardableResult
  mutating func deliver(until deadline: MonotonicTime) -> Bool {
    let now = time.monotonic
    if now < nextAttempt {
      log.wait(until: min(nextAttempt, deadline))
      return false
    }
    do throws(LogFailure) {
      while true {
        switch delivery.next {
        case .begin:
          try log.begin()
          positions = evaluation.uncommittedPositions
        case .produce(let index):
          try outbox.produce(at: index, to: &log)
        case .sendOffsets:
          try log.sendOffsets(positions)
        case .commit:
          guard try log.commit(until: deadline) else {
            voice.waits(transitions: outbox.count)
            return false
          }
        }
        if delivery.succeeded(of: outbox.count) { break }
      }
    } catch {
      delivery.failed(error.remedy)
      nextAttempt = time.monotonic + .milliseconds(100)
      voice.failed(error, transitions: outbox.count)
      return false
    }
    evaluation.committed(positions)
    evaluation.numbers.commits += 1
    outbox.removeAll()
    nextCommit = time.monotonic + plan.commitInterval
    voice.delivered()
    return true
  }

  /// Delivers all there is by `deadline`, as far as the log takes it. True: nothing is left.
  mutating func deliverAll(by deadline: MonotonicTime) -> Bool {
    while !outbox.isEmpty || !delivery.isIdle || evaluation.hasUncommittedPositions {
      let now = time.monotonic
      if now >= deadline { return false }
      heartbeat.beat(now)
      deliver(until: min(deadline, now + plan.patience))
    }
    return true
  }

  /// Delivers what is left and says what couldn't be.
  private mutating func finish(by deadline: MonotonicTime) {
    // The last part of the time belongs to the group, so that it needn't wait for a session to time out.
    let now = time.monotonic
    if !deliverAll(by: now + (deadline - now) * 2 / 3) {
      voice.leaves(transitions: outbox.count, positions: evaluation.uncommittedPositions.count)
    }
    publish()
  }

  /// Shows the others what was done so far.
  private mutating func publish() {
    var numbers = evaluation.totals
    numbers.undelivered = Int64(outbox.count)
    numbers.lag = evaluation.lag(in: &log)
    share.numbers = numbers
    share.undone = outbox.count + evaluation.uncommittedPositions.count
  }
}
