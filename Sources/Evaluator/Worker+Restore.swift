import Platform
import Records

/// How the state of partitions comes back, one partition at a time: see `Restoration`.
extension Worker where Log: ~Copyable {
  /// A batch of the changelog, at most so many in one turn of the loop.
  private static var batches: Int { 20 }

  /// Goes on with the restoration of the partition whose turn it is.
  mutating func restoreFirst(until deadline: MonotonicTime) throws(LogFailure) {
    let (sources, now) = (evaluation.sources, time.monotonic)
    let current = arrivals.begin {
      Restoration($0, sources[$0.topic].scope, at: now)
    }
    guard let current else { return }
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
    outbox.append(blankIn: evaluation.scope(of: current.partition), of: current.partition)
    voice.endsForgotten(of: current.partition, read: current.position, of: end)
  }

  /// The changelog has been read: the partition's state is made from it, and its records come again.
  private mutating func complete(_ current: Restoration, until deadline: MonotonicTime) throws(LogFailure) {
    let partition = current.partition
    try countPartitions(of: [partition.topic], until: deadline)
    let bounds = try log.bounds(of: partition, until: deadline)
    if !readable.contains(partition.topic) {
      guard try log.isReadable(partition, at: bounds.upperBound, until: deadline) else { return refuse(partition) }
      readable.insert(partition.topic)
    }
    var restored = evaluation.restoreMarker(partition, from: current.store)
    let isSameLog = try isSameLog(restored.marker, partition, bounds, until: deadline)
    let hasBegun = Resumption.hasBegun(restored.marker, current.committed)
    let since = try beginning(of: partition.topic, current.group, hasBegun, until: deadline)
    let first = hasBegun ? bounds.lowerBound : try firstOffset(of: partition, since, bounds, until: deadline)
    let resumption = Resumption(
      marker: restored.marker, committed: current.committed, first: first, bounds: bounds, isSameLog: isSameLog)
    evaluation.restoreSubjects(
      of: partition, from: current.store, end: resumption.isAnotherLog ? nil : bounds.upperBound, into: &restored)
    try log.start(partition, at: resumption.start)
    log.remember(since: since, ofTopic: partition.topic)
    self.since[partition.topic] = since
    // At once: an evaluator that crashes before its first delivery begins at the same place again.
    if !hasBegun { timers[.commit] = time.monotonic }
    for problem in restored.problems { voice.cannotUse(problem, number: partition.number) }
    for note in resumption.notes {
      if case .skipped(let from, let to) = note { evaluation.numbers.skippedByRetention += to - from }
      if case .beyondEnd = note { evaluation.numbers.unusableCheckpoints += 1 }
      voice.note(note, of: partition, around(note, last: restored.marker?.fingerprint, partition, until: deadline))
    }
    voice.restored(
      partition, resumption, records: current.store.count, subjects: restored.engine.counters.subjects,
      in: time.monotonic - current.began)
    if let other = restored.storedBy, other != plan.instance,
      restored.engine.rules != evaluation.sources[partition.topic].rules
    {
      voice.differs(from: other, in: partition)
    }
    evaluation.wall = time.wall.milliseconds
    evaluation.add(partition, &restored, resumption)
    owed.settle([LogPosition(partition, resumption.position)])
    arrivals.remove([partition])
    endRestoration()
  }

  /// This worker may know of the partition and not read it. Nothing of it is evaluated, nor committed, which brokers would
  /// refuse together with everything else in the delivery; the others go on.
  private mutating func refuse(_ partition: LogPartition) {
    arrivals.refuse(partition, until: time.monotonic + .seconds(60))
    voice.mayNotRead(partition)
    owed.drop([partition])
    endRestoration()
  }

  private mutating func endRestoration() {
    if arrivals.isEmpty { log.closeChangelog() }
  }

  /// The Kafka time from which on the group evaluates a topic: what its evaluators have committed along, the least of
  /// it. A partition that comes later is told by it: all its records are younger.
  private mutating func beginning(
    of topic: Int, _ group: GroupPosition?, _ hasBegun: Bool, until deadline: MonotonicTime
  ) throws(LogFailure) -> WallTime {
    let known = [group?.committed?.since, since[topic]].compactMap { $0 }.min()
    if let known { return known }
    // Where a position is pending for good the group doesn't say it.
    if group?.isPending != true, let began = try log.groupBegan(withTopic: topic, until: deadline) { return began }
    // A group that was there before, and says nothing of its beginning, has left nothing out.
    return hasBegun ? WallTime(milliseconds: 0) : plan.since
  }

  /// Where a partition begins that the group has nothing of.
  private mutating func firstOffset(
    of partition: LogPartition, _ since: WallTime, _ bounds: Range<Int64>, until deadline: MonotonicTime
  ) throws(LogFailure) -> Int64 {
    if since <= WallTime(milliseconds: 0) { return bounds.lowerBound }
    // The end was asked for before: what comes after it is younger than anything there.
    return try log.offset(of: partition, at: since, until: deadline) ?? bounds.upperBound
  }

  /// The Kafka times of the last record that was evaluated before a gap, and of the first behind it; nil: nobody says.
  mutating func around(
    _ note: Resumption.Note, last: Marker.Fingerprint?, _ partition: LogPartition, until deadline: MonotonicTime
  ) -> WorkerVoice.Times {
    var times = WorkerVoice.Times(lastEvaluated: last.map { WallTime(milliseconds: $0.kafkaTime) })
    guard let end = note.end else { return times }
    let found = try? log.firstRecord(of: partition, from: end, until: deadline)
    times.goesOn = (found ?? nil).map { WallTime(milliseconds: $0.kafkaTime) }
    return times
  }

  /// Whether the log still is the one that a marker was written for; nil: nothing tells.
  private mutating func isSameLog(
    _ marker: Marker?, _ partition: LogPartition, _ bounds: Range<Int64>, until deadline: MonotonicTime
  ) throws(LogFailure) -> Bool? {
    guard let fingerprint = marker?.fingerprint, fingerprint.offset >= bounds.lowerBound else { return nil }
    guard let found = try log.firstRecord(of: partition, from: fingerprint.offset, until: deadline) else {
      return false
    }
    // Where it isn't there any more but others are, compaction took it.
    if found.offset > fingerprint.offset { return found.kafkaTime < fingerprint.kafkaTime ? false : nil }
    return found.kafkaTime == fingerprint.kafkaTime
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
