import Platform
import Records
import Rules

/// Reads source partitions, evaluates their records and delivers the results: one loop on one thread.
///
/// Each turn either delivers or evaluates a batch, never both: nothing is fetched while a delivery is under way. The
/// results of a batch are delivered at once. If a backlog waits, several batches share a delivery, within bounds of
/// time and number: a transaction takes as long as evaluating thousands of records. State may be ahead of the
/// deliveries: the outbox keeps the results until they are known to be committed, and sends them again after an abort.
/// If a delivery's fate is unknown, the state is dropped and restored from the changelog.
package struct Worker<Log: EvaluatorLog & ~Copyable, Stage: WorkerStage & ~Copyable>: ~Copyable {
  package var log: Log
  var stage: Stage
  var outbox = Outbox()
  var delivery = Delivery()
  /// Partitions that the group assigned, and that aren't evaluated yet.
  var arrivals = Arrivals()
  /// Whether the log has taken this worker's name over from an earlier owner.
  var hasTakenOver = false
  /// Partitions that the group has asked back, and that are released once what was begun for them is over, or at
  /// `deadline`.
  var leaving: [(partitions: [LogPartition], deadline: MonotonicTime)] = []
  /// Whether it is out of the group and must join again.
  var isOut = false
  /// Partitions whose position the log no longer has.
  var misplaced: [LogPosition] = []
  /// Deliveries whose fate is unknown.
  var owed = Owed()
  /// When the current or last delivery began.
  var deliveryBegan: MonotonicTime
  /// The number of failed deliveries in a row.
  var failures = 0
  var voice: WorkerVoice
  let plan: WorkerPlan
  let share: WorkerShare<Stage.Orders>
  let heartbeat: Heartbeat
  let time: any TimeSource

  /// Why it can't go on, which has been logged; nil while it goes on.
  package internal(set) var end: WorkerEnd?
  /// Whether the last batch was full, so that more is waiting.
  var isBehind = false
  var timers: WorkerTimers
  /// Records that other producers' open transactions hide.
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
    timers[.remaking] = time.monotonic + plan.longestRemaking
    deliveryBegan = time.monotonic
  }

  /// Runs until the share says stop or it can't go on; then delivers what is left and releases everything.
  ///
  /// - Returns: why it ended; nil if it was told to stop.
  @discardableResult
  package consuming func run() -> WorkerEnd? {
    while share.stopBy == nil, end == nil, !isReadyToBeRemade { turn() }
    let end = share.stopBy == nil && self.end == nil ? .remade : self.end
    let deadline = share.stopBy ?? time.monotonic + plan.handOver
    finish(by: deadline)
    // A worker that waits for a person would only keep its partitions from others, and one with other topics has
    // another name in the group.
    let isForGood = end == .stuck || end == .remade || share.leavesForGood
    log.close(until: deadline, forGood: isForGood)
    return end
  }

  /// Whether another worker is to take its place, and what its last orders changed is delivered, in all partitions: those
  /// that are still restored have alerts, too. After a while it is ready in any case.
  private var isReadyToBeRemade: Bool {
    guard share.isToBeRemade else { return false }
    if timers.isDue(.remaking, time.monotonic) { return true }
    return isAtRest
  }

  /// One turn of the loop.
  package mutating func turn() {
    var now = time.monotonic
    heartbeat.beat(now)
    if end != nil { return }
    if !share.isToBeRemade { timers[.remaking] = now + plan.longestRemaking }
    while let event = log.nextEvent() { answer(event) }
    releaseLeaving(now)
    if share.hasOrders, outbox.isEmpty, delivery.isIdle, !stage.hasUnwrittenState { takeOrders() }
    settlePartitions(now)
    if end != nil { return publish() }
    // A restored partition may have ended alerts of changed rules: they go into the delivery of the new rules.
    collect()
    if mayChangeState {
      lookAtSilence(now)
      if Stage.tends { tend(now) }
    }
    lookForHidden(now)
    // Questions to brokers may have taken long: what comes next has its own time.
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

  /// Lets the stage ask for what it needs beside its partitions' records.
  private mutating func tend(_ now: MonotonicTime) {
    stage.setClock(now, wall: time.wall)
    do throws(LogFailure) {
      try stage.tend(&log, until: now + plan.questionPatience, &voice)
    } catch {
      voice.cannotSettle(error)
    }
    collect()
  }

  /// Waits for records, and gives a batch of them to the stage.
  private mutating func takeBatch(until deadline: MonotonicTime) {
    stage.setClock(time.monotonic, wall: time.wall)
    isBehind = log.fetch(until: deadline, into: &stage)
    if !isBehind { stage.hasReadAll() }
    if let ahead = stage.aheadOfClock, ahead > plan.maxFuture { voice.isClockBehind(by: ahead) }
    collect()
  }

  /// Takes new orders between two batches, for every partition. Changes under the old ones have been written before, in
  /// deliveries of bounded size, because a replay knows only the orders of the position.
  private mutating func takeOrders() {
    guard let orders = share.takeOrders() else { return }
    let size = orders.greatestStoredSize(instance: plan.instance)
    let room = log.room(for: RecordRoom(changelog: size), until: time.monotonic + plan.questionPatience).changelog
    if size > room {
      share.isRemade()
      return voice.refusesRules(orders.count, bytes: size, room: room)
    }
    stage.setClock(time.monotonic, wall: time.wall)
    stage.take(orders)
    collect()
    voice.tookRules(orders.count)
  }

  /// Whether nothing is under way: every partition assigned is held and evaluated, all orders are taken, everything is
  /// delivered. A partition that is still replayed takes the orders, and ends alerts of rules that are gone, later.
  package var isAtRest: Bool {
    arrivals.isEmpty && leaving.isEmpty && !stage.isReplaying && outbox.isEmpty && delivery.isIdle && !share.hasOrders
      && hasTakenOver && !isOut
  }

  /// Moves the results of the last batch or change of orders into the outbox, and logs them.
  mutating func collect() { stage.collect(into: &outbox, &voice) }

  private func isDeliveryDue(_ now: MonotonicTime) -> Bool {
    if !outbox.isEmpty || !delivery.isIdle { return true }
    if share.hasOrders, stage.hasUnwrittenState { return true }
    return timers.isDue(.commit, now) && timers.isDue(.delivery, now)
      && (stage.hasUncommitted || stage.hasOverdueState)
  }

  /// Whether a due delivery can wait for more results from the backlog.
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
    for leaving in leaving { deadline = min(deadline, leaving.deadline) }
    if let silence = silenceDeadline { deadline = min(deadline, silence) }
    if let turn = stage.nextTurn { deadline = min(deadline, turn) }
    return max(now, deadline)
  }

  /// Delivers what is left, and logs what couldn't be delivered.
  private mutating func finish(by deadline: MonotonicTime) {
    // The last third of the time is for closing the log, which may have to leave the group.
    let now = time.monotonic
    if end == nil {
      waitForStage(until: now + (deadline - now) / 3)
      deliverAll(by: now + (deadline - now) * 2 / 3)
    }
    if undone != (0, 0) {
      voice.leaves(transitions: undone.transitions, positions: undone.positions)
    }
    publish()
  }

  /// Waits for what the stage has begun, so that its outcome is delivered, too.
  private mutating func waitForStage(until deadline: MonotonicTime) {
    let held = stage.held
    stage.isEnding(held)
    while stage.isBusy(with: held), time.monotonic < deadline {
      heartbeat.beat(time.monotonic)
      log.wait(until: min(deadline, time.monotonic + plan.patience))
    }
    stage.setClock(time.monotonic, wall: time.wall)
    collect()
  }

  /// Publishes the numbers so far.
  private mutating func publish() {
    var numbers = stage.totals
    numbers.undelivered = Int64(outbox.transitions)
    numbers.restoring = Int64(arrivals.count)
    numbers.hidden = hidden.count
    numbers.lag = arrivals.isEmpty ? stage.lag(in: &log) : nil
    share.numbers = numbers
    share.undone = undone.transitions + undone.positions
  }

  /// What isn't delivered, as far as known: not yet, or never.
  private var undone: (transitions: Int, positions: Int) {
    let made = max(outbox.transitions, owed.transitions)
    return (
      made + Int(stage.numbers.transitionsTooLarge),
      owed.partitions.union(stage.uncommitted.map(\.partition)).count
    )
  }
}

/// Why a worker has ended.
package enum WorkerEnd: Equatable, Sendable {
  /// One with other topics takes its place.
  case remade
  /// Another process has its name.
  case replaced
  /// A person has to act first.
  case stuck
}

/// The settings of a worker.
package struct WorkerPlan: Sendable {
  /// The source topics.
  package var topics: [String]
  /// The topic that has the subjects `statusd@HOST`, if an earlier version kept them in another; nil if none.
  package var ownTopic: Int?
  /// The consumer group.
  package var group: String
  /// This evaluator's name in its group.
  package var instance: String
  /// How often positions are committed if no transition commits them at once.
  package var commitInterval: Duration
  /// How long a subject's change may wait for its checkpoint.
  package var checkpointInterval: Duration
  /// How far a record's own time may be ahead of its Kafka time.
  package var maxFuture: Duration
  /// Places for subjects, shared with the other workers of the process.
  package var room: SubjectRoom
  /// The same for the subjects of streams: however many these are, hosts find their places.
  package var streamRoom: SubjectRoom
  /// If the group has nothing of a topic yet, evaluation begins with this Kafka time; the epoch stands for all records.
  package var since = WallTime(milliseconds: 0)
  /// The same for topics that were named later.
  package var sinceByTopic: [String: WallTime] = [:]
  /// How many checkpoints a delivery may carry; the others go with the next ones.
  package var checkpointLimit = 5000
  /// From one delivery to the next while a backlog waits.
  package var gathering = Duration.milliseconds(50)
  /// How long a delivery is waited for in one turn of the loop.
  package var patience = Duration.milliseconds(500)
  /// How long a question to brokers may take.
  package var questionPatience = Duration.seconds(2)
  /// How long until an unanswered question is asked again.
  package var questionPause = Duration.milliseconds(200)
  /// How long partitions to be handed over are kept for the delivery of their results.
  package var handOver = Duration.seconds(5)
  /// How long partitions to be handed over are kept for what was begun for them: longer than most receivers take. A group
  /// waits for that with its next rebalance.
  package var longestLeave = Duration.seconds(30)
  /// How long a worker that is to be remade goes on for partitions that aren't restored yet.
  package var longestRemaking = Duration.seconds(30)
  /// A transaction that is open for longer has no producer any more, or its broker has forgotten it.
  package var longestTransaction = Duration.seconds(12)
  /// The longest wait while the log sends nothing.
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
    streamRoom = SubjectRoom(limit: room.limit)
  }

  /// The Kafka time with which a topic begins that the group has nothing of.
  func since(ofTopic topic: Int) -> WallTime { sinceByTopic[topics[topic]] ?? since }
}
