import Platform
import Records
import Rules

/// The evaluation as a worker's stage: how partitions begin, and what it asks of the log.
extension Evaluation: WorkerStage {
  package init(_ plan: WorkerPlan, _ orders: SourceRules) { self.init(plan, rules: orders) }

  package mutating func setClock(_ now: MonotonicTime, wall: WallTime) {
    self.wall = wall.milliseconds
    setClock(now)
  }

  package mutating func take(_ orders: SourceRules) { replaceRules(orders) }

  package mutating func collect(into outbox: inout Outbox, _ voice: inout WorkerVoice) {
    if !transitions.isEmpty { collectTransitions(into: &outbox, voice) }
    for entry in takeLive() { voice.isLive(entry.partition, from: entry.position) }
    voice.speak(of: &self)
  }

  private mutating func collectTransitions(into outbox: inout Outbox, _ voice: WorkerVoice) {
    var subjects: [(name: String, partition: LogPartition)] = []
    numbers.transitions += Int64(transitions.count)
    takeTransitions { transition, partition in
      outbox.append(transition, of: partition)
      subjects.append((transition.subject, partition))
      voice.made(transition)
    }
    for (name, partition) in subjects { writeSoon(name, of: partition) }
  }

  package var hasUnwrittenState: Bool { unwrittenSubjects > 0 }

  package mutating func mayNotRead(_ partition: LogPartition) { readable.remove(partition.topic) }

  // MARK: Beginning

  package mutating func begin<Log: EvaluatorLog & ~Copyable>(
    _ restoration: Restoration, in log: inout Log, at time: any TimeSource, until deadline: MonotonicTime,
    _ voice: inout WorkerVoice
  ) throws(LogFailure) -> StageBeginning? {
    let partition = restoration.partition
    setPartitionCount(try log.partitionCount(ofTopic: partition.topic, until: deadline), ofTopic: partition.topic)
    let bounds = try log.bounds(of: partition, until: deadline)
    if !readable.contains(partition.topic) {
      guard try log.isReadable(partition, at: bounds.upperBound, until: deadline) else { return nil }
      readable.insert(partition.topic)
    }
    var restored = restoreMarker(partition, from: restoration.store)
    let isSameLog = try isSameLog(restored.marker, partition, bounds, in: &log, until: deadline)
    let hasBegun = StartPosition.hasBegun(restored.marker, restoration.committed)
    let since = try beginning(of: partition.topic, restoration.group, hasBegun, in: &log, until: deadline)
    let first = hasBegun ? bounds.lowerBound : try firstOffset(of: partition, since, bounds, in: &log, until: deadline)
    var start = StartPosition(
      marker: restored.marker, committed: restoration.committed, first: first, bounds: bounds, isSameLog: isSameLog)
    if hasBegun, restored.hadNoRules, sources[partition.topic].isOfStream {
      // What came while no rule watched the stream is history, as for a group that only begins.
      start.skip(
        to: try firstOffset(of: partition, plan.since(ofTopic: partition.topic), bounds, in: &log, until: deadline))
    }
    restoreSubjects(
      of: partition, from: restoration.store, end: start.isAnotherLog ? nil : bounds.upperBound, into: &restored)
    try log.start(partition, at: start.start)
    log.remember(since: since, ofTopic: partition.topic)
    self.since[partition.topic] = since
    for problem in restored.problems { voice.cannotUse(problem, number: partition.number) }
    for note in start.notes {
      if case .skipped(let from, let to) = note { numbers.skippedByRetention += to - from }
      if case .beyondEnd = note { numbers.unusableCheckpoints += 1 }
      let last = restored.marker?.fingerprint
      voice.note(note, of: partition, log.times(around: note, last: last, partition, until: deadline))
    }
    voice.restored(
      partition, start, records: restoration.store.count, subjects: restored.engine.counters.subjects,
      in: time.monotonic - restoration.began)
    if let other = restored.storedBy, other != plan.instance, restored.engine.rules != sources[partition.topic].rules {
      voice.differs(from: other, in: partition)
    }
    add(partition, &restored, start)
    return StageBeginning(position: start.position, isNew: !hasBegun)
  }

  /// The Kafka time from which on the group evaluates a topic: the least that its evaluators have committed. It also
  /// applies to partitions that are added later, because all their records are younger.
  private func beginning<Log: EvaluatorLog & ~Copyable>(
    of topic: Int, _ group: GroupPosition?, _ hasBegun: Bool, in log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure) -> WallTime {
    let known = [group?.committed?.since, since[topic]].compactMap { $0 }.min()
    if let known { return known }
    // While a position is pending for good, the group doesn't tell it.
    if group?.isPending != true, let began = try log.groupBegan(withTopic: topic, until: deadline) { return began }
    // A group that had begun before, and has no such time, has skipped nothing.
    return hasBegun ? WallTime(milliseconds: 0) : plan.since(ofTopic: topic)
  }

  /// Where the group begins with a partition that it has nothing of.
  private func firstOffset<Log: EvaluatorLog & ~Copyable>(
    of partition: LogPartition, _ since: WallTime, _ bounds: Range<Int64>, in log: inout Log,
    until deadline: MonotonicTime
  ) throws(LogFailure) -> Int64 {
    if since <= WallTime(milliseconds: 0) { return bounds.lowerBound }
    // The end was asked for earlier, so a record that came in between isn't skipped.
    return try log.offset(of: partition, at: since, until: deadline) ?? bounds.upperBound
  }

  /// Whether the log is still the one that the marker was written for; nil if nothing shows it.
  private func isSameLog<Log: EvaluatorLog & ~Copyable>(
    _ marker: Marker?, _ partition: LogPartition, _ bounds: Range<Int64>, in log: inout Log,
    until deadline: MonotonicTime
  ) throws(LogFailure) -> Bool? {
    guard let fingerprint = marker?.fingerprint, fingerprint.offset >= bounds.lowerBound else { return nil }
    guard let found = try log.firstRecord(of: partition, from: fingerprint.offset, until: deadline) else {
      return false
    }
    // Compaction may have deleted the record. A later record with an earlier time shows that it is another log.
    // With its producers' own times it shows nothing.
    if found.offset > fingerprint.offset {
      return found.kafkaTime < fingerprint.kafkaTime && !sources[partition.topic].isOfStream ? false : nil
    }
    return found.kafkaTime == fingerprint.kafkaTime
  }

  // MARK: The log

  /// Goes on at the log's start, if retention has passed the position. If the log ends before the position, it is
  /// another log.
  package mutating func replace<Log: EvaluatorLog & ~Copyable>(
    _ misplaced: LogPosition, in log: inout Log, until deadline: MonotonicTime, _ voice: inout WorkerVoice
  ) throws(LogFailure) {
    let (partition, position) = (misplaced.partition, misplaced.position)
    let bounds = try log.bounds(of: partition, until: deadline)
    try log.start(partition, at: bounds.lowerBound)
    let last = lastRecord(of: partition)
    let note: StartPosition.Note
    if position < bounds.lowerBound {
      numbers.skippedByRetention += bounds.lowerBound - position
      advance(partition, to: bounds.lowerBound)
      note = .skipped(from: position, to: bounds.lowerBound)
    } else {
      beginAnew(partition, at: bounds.lowerBound)
      note = .recreated(from: position, to: bounds.lowerBound)
    }
    voice.note(note, of: partition, log.times(around: note, last: last, partition, until: deadline))
  }

  /// In a topic of several partitions, a record without a key has another subject.
  package var wantsPartitionCounts: Bool { sawRecordWithoutKey }

  package mutating func countPartitions<Log: EvaluatorLog & ~Copyable>(
    in log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure) {
    sawRecordWithoutKey = false
    for topic in Set(held.map(\.topic)) where sources[topic].partitionCount == 1 {
      setPartitionCount(try log.partitionCount(ofTopic: topic, until: deadline), ofTopic: topic)
    }
  }
}

extension EvaluatorLog where Self: ~Copyable {
  /// The Kafka times of the last evaluated record before a gap, and of the first after it; nil if brokers don't tell.
  fileprivate mutating func times(
    around note: StartPosition.Note, last: Marker.Fingerprint?, _ partition: LogPartition, until deadline: MonotonicTime
  ) -> WorkerVoice.Times {
    var times = WorkerVoice.Times(lastEvaluated: last.map { WallTime(milliseconds: $0.kafkaTime) })
    guard let end = note.end else { return times }
    let found = try? firstRecord(of: partition, from: end, until: deadline)
    times.goesOn = (found ?? nil).map { WallTime(milliseconds: $0.kafkaTime) }
    return times
  }
}

extension SourceRules: WorkerOrders {}
