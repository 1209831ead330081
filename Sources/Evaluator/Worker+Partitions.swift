import Platform

/// How partitions come and go.
extension Worker where Log: ~Copyable {
  /// Does what an event of the assignment asks for.
  mutating func answer(_ event: LogEvent) {
    switch event {
    case .assigned(let partitions):
      evaluation.numbers.rebalances += 1
      joining += partitions
      nextTry = time.monotonic
    case .revoked(let partitions, let lost):
      evaluation.numbers.rebalances += 1
      release(partitions, lost: lost)
    case .outOfRange(let partition, let position):
      misplaced.removeAll { $0.partition == partition }
      misplaced.append((partition, position))
    }
  }

  /// Delivers what these partitions caused, and lets go of them. Where they are lost already, what they caused is
  /// somebody else's to make: it isn't sent any more.
  private mutating func release(_ partitions: [LogPartition], lost: Bool) {
    let isDelivered = !lost && deliverAll(by: handOverDeadline)
    if !isDelivered {
      // Began with positions that this worker may no longer commit.
      if !delivery.isIdle {
        try? log.abort()
        delivery.failed(.deliverAgain)
      }
      outbox.remove(of: partitions, in: plan.topics)
    }
    evaluation.remove(partitions)
    joining.removeAll { partitions.contains($0) }
    misplaced.removeAll { partitions.contains($0.partition) }
    log.unassign(partitions)
    voice.released(partitions, lost: lost, isDelivered: isDelivered)
  }

  private var handOverDeadline: MonotonicTime {
    let deadline = time.monotonic + plan.handOver
    return min(deadline, share.stopBy ?? deadline)
  }

  /// Finds out where new and misplaced partitions are to be read from; where brokers don't say, it is asked again.
  mutating func settlePartitions(_ now: MonotonicTime) {
    let isCountDue = evaluation.sawRecordWithoutKey && now >= nextCount
    guard now >= nextTry, !joining.isEmpty || !misplaced.isEmpty || isCountDue else { return }
    let deadline = now + plan.questionPatience
    do throws(LogFailure) {
      if isCountDue { try countPartitions(of: plan.topics.indices, until: deadline) }
      if !joining.isEmpty { try join(until: deadline) }
      if !misplaced.isEmpty { try replaceFirstMisplaced(until: deadline) }
    } catch {
      nextTry = time.monotonic + .seconds(1)
      voice.cannotSettle(error)
    }
  }

  private mutating func join(until deadline: MonotonicTime) throws(LogFailure) {
    try countPartitions(of: Set(joining.map(\.topic)), until: deadline)
    let committed = try log.committed(joining, until: deadline)
    for (partition, position) in zip(joining, committed) {
      // Without a committed position: from the beginning of the log, wherever that is.
      evaluation.add(partition, position: position ?? 0, committed: position)
    }
    log.assign(zip(joining, committed).map { ($0, $1) })
    voice.joined(joining, at: committed)
    joining = []
  }

  /// Whose record one without a key is depends on whether its topic has several partitions.
  private mutating func countPartitions(
    of topics: some Sequence<Int>, until deadline: MonotonicTime
  ) throws(LogFailure) {
    for topic in topics {
      evaluation.setPartitionCount(try log.partitionCount(ofTopic: topic, until: deadline), ofTopic: topic)
    }
    evaluation.sawRecordWithoutKey = false
    nextCount = time.monotonic + .seconds(10)
  }

  /// On from the log's start, where retention passed the position; the same where the log ends before it, because
  /// it isn't the log that the position was committed in.
  private mutating func replaceFirstMisplaced(until deadline: MonotonicTime) throws(LogFailure) {
    guard let (partition, position) = misplaced.first else { return }
    let bounds = try log.bounds(of: partition, until: deadline)
    try log.reposition(partition, to: bounds.lowerBound)
    misplaced.removeFirst()
    if position < bounds.lowerBound {
      evaluation.numbers.skippedByRetention += bounds.lowerBound - position
      evaluation.advance(partition, to: bounds.lowerBound)
      voice.skipped(partition, from: position, to: bounds.lowerBound)
    } else {
      evaluation.add(partition, position: bounds.lowerBound, committed: nil)
      voice.beginsAnew(partition, from: position, to: bounds.lowerBound)
    }
  }
}
