import Platform
import Records

/// Restores the state of partitions, one at a time: see `Restoration`.
extension Worker where Log: ~Copyable, Stage: ~Copyable {
  /// How many batches of the changelog are read in one turn of the loop at most.
  private static var batches: Int { 20 }

  /// Goes on with the restoration of the partition whose turn it is.
  mutating func restoreFirst(until deadline: MonotonicTime) throws(LogFailure) {
    guard let current = beginRestoration() else { return }
    var next = current.next
    if next == .askGroup { next = current.answered(try log.committed(current.partition, until: deadline)) }
    if next == .openChangelog {
      next = current.opened(try log.openChangelog(current.partition.number, until: deadline))
    }
    if case .readChangelog(let end) = next {
      let before = current.position
      next = try readChangelog(current)
      if next != .complete { return isIncomplete(current, end: end, cameOn: current.position > before) }
    }
    if mayChangeState { try complete(current, until: deadline) }
  }

  private mutating func beginRestoration() -> Restoration? {
    if let current = arrivals.restoration { return current }
    guard let partition = arrivals.first else { return nil }
    let restoration = Restoration(partition, stage.scope(of: partition), at: time.monotonic)
    arrivals.begin(restoration)
    return restoration
  }

  /// Reads the changelog, as far as one turn has time.
  private mutating func readChangelog(_ current: Restoration) throws(LogFailure) -> Restoration.Step {
    for _ in 0..<Self.batches {
      let before = current.position
      let position = try log.readChangelog(into: &current.store)
      let next = current.read(to: position, at: time.monotonic)
      if next == .complete || position == before { return next }
    }
    return current.next
  }

  /// The changelog isn't read to its end yet. New records ring the wake-up. None may come for long, if an open
  /// transaction hides them.
  private mutating func isIncomplete(_ current: Restoration, end: Int64, cameOn: Bool) {
    let partition = current.partition
    if !cameOn {
      let now = time.monotonic
      timers[.question] = now + plan.questionPause
      let since = arrivals.hides(partition, since: current.advanced)
      endForgotten(current, end: end, since: since, now)
      if now - current.advanced >= .seconds(5) { passOver() }
      // Longer than a transaction of statusd's own may be open.
      if now - since >= .seconds(30) {
        return voice.hidesState(of: partition, read: current.position, of: end, for: now - since)
      }
    }
    voice.restores(partition, read: current.position, of: end)
  }

  /// Ends a transaction of this worker's own that a broker has forgotten, if it hides the changelog's end.
  ///
  /// A broker that is killed while it ends a committed transaction, and back before the cluster has noticed, can take
  /// partitions that it leads for deleted, and the transaction for ended there: no marker is ever written ("Couldn't
  /// find leader endpoint … likely deleted already", Kafka 4.3 with KRaft). The next commit of the same transactional
  /// id in that partition ends both transactions; an abort would abort both. So an empty record is committed: after 1 s
  /// if the group's position is beyond all that can be read, which proves the commit, else when any live transaction
  /// would be over. It has no effect on another producer's transaction.
  private mutating func endForgotten(
    _ current: Restoration, end: Int64, since: MonotonicTime, _ now: MonotonicTime
  ) {
    guard let group = current.group, mayChangeState, outbox.isEmpty, now >= current.advanced + plan.questionPause * 5
    else { return }
    let isCommitted = group.committed.map { $0.since != nil && $0.position > current.store.position ?? 0 } ?? false
    guard isCommitted || group.isPending || now - since >= plan.longestTransaction,
      arrivals.mayEndForgotten(in: current.partition, now, pause: .seconds(10))
    else { return }
    outbox.append(blankIn: stage.scope(of: current.partition), of: current.partition)
    voice.endsForgotten(of: current.partition, read: current.position, of: end)
  }

  /// The changelog has been read: the stage restores the partition from it, and its records come.
  private mutating func complete(_ current: Restoration, until deadline: MonotonicTime) throws(LogFailure) {
    let partition = current.partition
    stage.setClock(time.monotonic, wall: time.wall)
    if let beginning = try stage.begin(current, in: &log, at: time, until: deadline, &voice) {
      // At once: a worker that crashes before its first delivery then begins at the same place again.
      if beginning.isNew { timers[.commit] = time.monotonic }
      owed.settle([LogPosition(partition, beginning.position)])
      arrivals.remove([partition])
    } else {
      // Nothing of it is evaluated or committed: brokers would refuse its position together with the whole delivery.
      // The other partitions go on.
      refuse(partition)
      owed.drop([partition])
    }
    if arrivals.isEmpty { log.closeChangelog() }
  }

  /// This worker may not read a partition: it tries again in a minute.
  mutating func refuse(_ partition: LogPartition) {
    arrivals.refuse(partition, until: time.monotonic + .seconds(60))
    voice.mayNotRead(partition)
  }

  /// The first partition that joins waits for an answer: meanwhile the others are restored.
  mutating func passOver() {
    if arrivals.count < 2 { return }
    giveUpRestoration()
    arrivals.passOver()
  }

  /// Stops reading the changelog for the partition that was being restored.
  mutating func giveUpRestoration() {
    if arrivals.giveUpRestoration() { log.closeChangelog() }
  }
}
