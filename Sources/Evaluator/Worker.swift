import Platform
import Records
import Rules

/// Reads source partitions, evaluates their records, delivers what they cause: one loop on one thread.
///
/// Each turn of it either delivers or evaluates a batch, never both: while a delivery is under way nothing is fetched.
/// What a batch caused goes out at once, but where a backlog waits, several batches share a delivery, within bounds of
/// time and number: a transaction takes as long as evaluating thousands of records. State that is ahead of what is delivered is harmless:
/// the outbox keeps what it caused until that is known to be committed, and sends the same again after an abort. Where
/// nobody can say what became of a delivery, the state goes, and is restored from the changelog.
package struct Worker<Log: EvaluatorLog & ~Copyable, Stage: WorkerStage & ~Copyable>: ~Copyable {
  package var log: Log
  var stage: Stage
  var outbox = Outbox()
  var delivery = Delivery()
  /// Partitions that the group gave, and that aren't evaluated yet.
  var arrivals = Arrivals()
  /// The log has taken over what an earlier owner of this worker's name left.
  var hasTakenOver = false
  /// It is out of the group, and must join again.
  var isOut = false
  /// Partitions whose position the log no longer has.
  var misplaced: [LogPosition] = []
  /// What nobody knows the fate of.
  var owed = Owed()
  /// Deliveries that failed one after the other, up to now.
  var failures = 0
  var voice: WorkerVoice
  let plan: WorkerPlan
  let share: WorkerShare<Stage.Orders>
  let heartbeat: Heartbeat
  let time: any TimeSource

  /// Why it can't go on, once it can't; it has been said. nil: it goes on.
  package internal(set) var end: WorkerEnd?
  /// The last batch was full: more is there already.
  var isBehind = false
  var timers: WorkerTimers
  /// What somebody's open transaction hides.
  var hidden = HiddenRecords()

  package init(
    log: consuming Log, orders: Stage.Orders, plan: WorkerPlan, share: WorkerShare<Stage.Orders>, heartbeat: Heartbeat,
    logger: Logger, time: any TimeSource
  ) {
    self.log = log
    self.plan = plan
    self.share = share
    self.heartbeat = heartbeat
    self.time = time
    voice = WorkerVoice(logger: logger, topics: plan.topics, time: time)
    stage = Stage(plan, orders)
    stage.numbers = share.numbers.ofSuccessor
    timers = WorkerTimers(time.monotonic)
  }

  /// Goes on until the share says stop, or it can't; then delivers what there is and lets go of everything.
  ///
  /// - Returns: why it couldn't go on; nil: it was told to stop.
  @discardableResult
  package consuming func run() -> WorkerEnd? {
    while share.stopBy == nil, end == nil { turn() }
    let end = end
    let deadline = share.stopBy ?? time.monotonic + plan.handOver
    finish(by: deadline)
    // Who waits for a person would only keep its partitions from others.
    let isForGood = end == .stuck || share.leavesForGood
    log.close(until: deadline, forGood: isForGood)
    return end
  }

  /// One turn of the loop.
  package mutating func turn() {
    var now = time.monotonic
    heartbeat.beat(now)
    if end != nil { return }
    while let event = log.nextEvent() { answer(event) }
    if share.hasOrders, outbox.isEmpty, delivery.isIdle, !stage.hasUnwrittenState { takeOrders() }
    settlePartitions(now)
    if end != nil { return publish() }
    // Where rules changed since a partition was left, what that ends goes along with the new ones.
    collect()
    if mayChangeState { lookAtSilence(now) }
    lookForHidden(now)
    // A question may have waited behind a fetch: what comes next has its own time.
    now = time.monotonic
    timers.turnBegins(now, patience: plan.patience)
    let isDue = isDeliveryDue(now)
    if isDue, !gathers(now) {
      deliver(until: now + plan.patience)
    } else {
      let deadline = isDue ? now : nextDeadline(now)
      heartbeat.beat(now, waitingUntil: deadline)
      timers.turnWaits(until: deadline)
      takeBatch(until: deadline)
    }
    publish()
  }

  /// Waits for records, and gives a batch of them to the stage.
  private mutating func takeBatch(until deadline: MonotonicTime) {
    stage.setClock(time.monotonic, wall: time.wall)
    isBehind = log.fetch(until: deadline, into: &stage)
    if let ahead = stage.aheadOfClock, ahead > plan.maxFuture { voice.isClockBehind(by: ahead) }
    collect()
  }

  /// Between two batches other orders take the old ones' place, in every partition. What changed under the old ones has
  /// been written down before, in deliveries of bounded size: a replay knows the orders of the position only.
  private mutating func takeOrders() {
    guard let orders = share.takeOrders() else { return }
    let size = orders.greatestStoredSize(instance: plan.instance)
    let room = log.room(for: RecordRoom(changelog: size), until: time.monotonic + plan.questionPatience).changelog
    if size > room { return voice.refusesRules(orders.count, bytes: size, room: room) }
    stage.setClock(time.monotonic, wall: time.wall)
    stage.take(orders)
    collect()
    voice.tookRules(orders.count)
  }

  /// What the last batch or change of orders caused goes into the outbox and to the log.
  mutating func collect() { stage.collect(into: &outbox, &voice) }

  private func isDeliveryDue(_ now: MonotonicTime) -> Bool {
    if !outbox.isEmpty || !delivery.isIdle { return true }
    if share.hasOrders, stage.hasUnwrittenState { return true }
    return timers.isDue(.commit, now) && timers.isDue(.delivery, now)
      && (stage.hasUncommitted || stage.hasOverdueState)
  }

  /// Whether what is due can wait for what the backlog will cause.
  private func gathers(_ now: MonotonicTime) -> Bool {
    isBehind && mayChangeState && !share.hasOrders && now - timers.lastDelivery < plan.gathering
      && outbox.transitions < plan.checkpointLimit
  }

  /// Until when a fetch may wait.
  private func nextDeadline(_ now: MonotonicTime) -> MonotonicTime {
    var deadline = now + plan.idle
    if stage.hasUncommitted { deadline = min(deadline, max(timers[.commit], timers[.delivery])) }
    if !arrivals.isEmpty || !misplaced.isEmpty || !hasTakenOver || isOut { deadline = min(deadline, timers[.question]) }
    if let retry = arrivals.nextReturn { deadline = min(deadline, retry) }
    if let silence = silenceDeadline { deadline = min(deadline, silence) }
    return max(now, deadline)
  }

  /// Delivers what is left and says what couldn't be.
  private mutating func finish(by deadline: MonotonicTime) {
    // The last part of the time belongs to the group, so that it needn't wait for a session to time out.
    let now = time.monotonic
    if end == nil { deliverAll(by: now + (deadline - now) * 2 / 3) }
    if undone != (0, 0) {
      voice.leaves(transitions: undone.transitions, positions: undone.positions)
    }
    publish()
  }

  /// Shows the others what was done so far.
  private mutating func publish() {
    var numbers = stage.totals
    numbers.undelivered = Int64(outbox.transitions)
    numbers.restoring = Int64(arrivals.count)
    numbers.hidden = hidden.count
    numbers.lag = arrivals.isEmpty ? stage.lag(in: &log) : nil
    share.numbers = numbers
    share.undone = undone.transitions + undone.positions
  }

  /// What isn't delivered, as far as is known: not yet, or never.
  private var undone: (transitions: Int, positions: Int) {
    let made = max(outbox.transitions, owed.transitions)
    return (
      made + Int(stage.numbers.transitionsTooLarge),
      owed.partitions.union(stage.uncommitted.map(\.partition)).count
    )
  }
}

/// Why a worker can't go on.
package enum WorkerEnd: Equatable, Sendable {
  /// Somebody else goes by its name.
  case replaced
  /// Somebody has to do something first.
  case stuck
}

/// How a worker goes about it.
package struct WorkerPlan: Sendable {
  /// The source topics.
  package var topics: [String]
  /// Which of them has the subjects `statusd@HOST`, where these were in another before; nil: none.
  package var ownTopic: Int?
  /// The consumer group.
  package var group: String
  /// What this evaluator is called among those of its group.
  package var instance: String
  /// How often positions are committed where no transition asks for it at once.
  package var commitInterval: Duration
  /// How long a subject's change may wait until it is written to the changelog.
  package var checkpointInterval: Duration
  /// How far ahead of its Kafka time a record's own may be.
  package var maxFuture: Duration
  /// Places for subjects, shared with the other workers of the process.
  package var room: SubjectRoom
  /// Where the group has nothing of a topic yet, records of this Kafka time and later ones are evaluated; the epoch: all.
  package var since = WallTime(milliseconds: 0)
  /// How many checkpoints a delivery may carry; the rest goes with the next ones.
  package var checkpointLimit = 5000
  /// From one delivery to the next while a backlog waits.
  package var gathering = Duration.milliseconds(50)
  /// How long a delivery is waited for in one turn of the loop.
  package var patience = Duration.milliseconds(500)
  /// How long a question to brokers may take.
  package var questionPatience = Duration.seconds(2)
  /// How long until a question that wasn't answered is asked again.
  package var questionPause = Duration.milliseconds(200)
  /// How long partitions that are handed over are kept until what they caused is delivered.
  package var handOver = Duration.seconds(5)
  /// Whose transaction is open for longer than this isn't there any more, or its broker has forgotten it.
  package var longestTransaction = Duration.seconds(12)
  /// The longest wait without a sign from the log.
  package var idle = Duration.seconds(10)

  /// A plan with the usual patience.
  package init(
    topics: [String], group: String, instance: String, commitInterval: Duration = .seconds(1),
    checkpointInterval: Duration = .seconds(60),
    maxFuture: Duration = .seconds(60), room: SubjectRoom = SubjectRoom()
  ) {
    self.topics = topics
    self.group = group
    self.instance = instance
    self.commitInterval = commitInterval
    self.checkpointInterval = checkpointInterval
    self.maxFuture = maxFuture
    self.room = room
  }
}
