import Platform
import Records

/// How the state of partitions comes back, one partition at a time: see `Restoration`.
extension Worker where Log: ~Copyable, Stage: ~Copyable {
  /// A batch of the changelog, at most so many in one turn of the loop.
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

  /// Reads what the changelog has, as much as one turn has time for.
  private mutating func readChangelog(_ current: Restoration) throws(LogFailure) -> Restoration.Step {
    for _ in 0..<Self.batches {
      let before = current.position
      let position = try log.readChangelog(into: &current.store)
      let next = current.read(to: position, at: time.monotonic)
      if next == .complete || position == before { return next }
    }
    return current.next
  }

  /// The changelog isn't read to its end yet. What comes rings. For long nothing may: somebody's open transaction hides
  /// what is behind it.
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

  /// Ends a transaction of this worker's own that a broker has forgotten, where it hides the changelog's end.
  ///
  /// A broker that is killed while it ends a committed transaction, and back before the cluster has noticed, can take
  /// partitions that it leads for deleted ones, and the transaction for ended there: no marker is ever written ("Couldn't
  /// find leader endpoint … likely deleted already", Kafka 4.3 with KRaft). Whatever the same transactional id commits
  /// next in that partition ends both; what it aborts would take both back. So a record that says nothing is committed:
  /// at once where the group's position is beyond all that can be read, which proves the commit, or else when any live
  /// transaction would be over. To somebody else's transaction the record does nothing.
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

  /// The changelog has been read: the stage makes the partition's state from it, and its records come.
  private mutating func complete(_ current: Restoration, until deadline: MonotonicTime) throws(LogFailure) {
    let partition = current.partition
    stage.setClock(time.monotonic, wall: time.wall)
    if let beginning = try stage.begin(current, in: &log, at: time, until: deadline, &voice) {
      // At once: a worker that crashes before its first delivery begins at the same place again.
      if beginning.isNew { timers[.commit] = time.monotonic }
      owed.settle([LogPosition(partition, beginning.position)])
      arrivals.remove([partition])
    } else {
      // Nothing of it is evaluated, nor committed, which brokers would refuse together with everything else in the
      // delivery; the others go on.
      arrivals.refuse(partition, until: time.monotonic + .seconds(60))
      voice.mayNotRead(partition)
      owed.drop([partition])
    }
    if arrivals.isEmpty { log.closeChangelog() }
  }

  /// The first partition that joins waits for something: meanwhile the others are restored.
  mutating func passOver() {
    if arrivals.count < 2 { return }
    giveUpRestoration()
    arrivals.passOver()
  }

  /// Nothing more is read of the changelog for the partition that was being restored.
  mutating func giveUpRestoration() {
    if arrivals.giveUpRestoration() { log.closeChangelog() }
  }
}
