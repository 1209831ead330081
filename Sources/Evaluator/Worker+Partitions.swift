import Platform

/// How partitions come and go.
extension Worker where Log: ~Copyable, Stage: ~Copyable {
  /// Does what an event of the assignment asks for.
  mutating func answer(_ event: LogEvent) {
    switch event {
    case .assigned(let partitions):
      stage.numbers.rebalances += 1
      stage.numbers.blind = 0
      log.accept(partitions)
      // Hosts first: statusd's own metrics can wait for them.
      arrivals.join(partitions.sorted { ($0.topic, $0.number) < ($1.topic, $1.number) })
      timers[.question] = time.monotonic
    case .revoked(let partitions, let lost):
      stage.numbers.rebalances += 1
      release(partitions, lost: lost)
    case .replaced:
      isOut = true
      timers[.question] = time.monotonic
    case .outOfRange(let partition, let position):
      misplaced.removeAll { $0.partition == partition }
      misplaced.append(LogPosition(partition, position))
    }
  }

  /// Delivers what these partitions caused, and lets go of them. Where they are lost already, what they caused is
  /// somebody else's to make: it isn't sent any more.
  private mutating func release(_ partitions: [LogPartition], lost: Bool) {
    let isDelivered = !lost && deliverAll(by: handOverDeadline)
    if !isDelivered {
      // Began with positions that this worker may no longer commit.
      delivery.failed(.deliverAgain)
      outbox.remove(of: partitions)
    }
    stage.remove(partitions)
    if let current = arrivals.restoration, partitions.contains(current.partition) { giveUpRestoration() }
    arrivals.remove(partitions)
    owed.drop(partitions)
    misplaced.removeAll { partitions.contains($0.partition) }
    log.unassign(partitions)
    voice.released(partitions, lostFor: lost ? log.lossCause : nil, isDelivered: isDelivered)
  }

  private var handOverDeadline: MonotonicTime {
    let deadline = time.monotonic + plan.handOver
    return min(deadline, share.stopBy ?? deadline)
  }

  /// Finds out where new and misplaced partitions are to be read from; where brokers don't say, it is asked again.
  mutating func settlePartitions(_ now: MonotonicTime) {
    arrivals.returnRefused(now)
    let isCountDue = stage.wantsPartitionCounts && timers.isDue(.partitionCount, now)
    // What the changelog brings rings; a question that wasn't answered waits for its time.
    let isReading = arrivals.restoration?.isOpen ?? false
    guard timers.isDue(.question, now) || isReading,
      !arrivals.isEmpty || !misplaced.isEmpty || isCountDue || !hasTakenOver || isOut
    else { return }
    let deadline = now + plan.questionPatience
    do throws(LogFailure) {
      // At once, also before there are partitions: what a predecessor left open hides what is behind it.
      if !hasTakenOver {
        try log.takeOver(until: deadline)
        hasTakenOver = true
        isOut = false
      }
      if isOut, mayChangeState {
        try log.rejoin(until: deadline)
        isOut = false
      }
      if isCountDue {
        try stage.countPartitions(in: &log, until: deadline)
        timers[.partitionCount] = time.monotonic + .seconds(10)
      }
      if !misplaced.isEmpty, mayChangeState { try replaceFirstMisplaced(until: deadline) }
      if !arrivals.isEmpty { try restoreFirst(until: deadline) }
    } catch {
      switch error.remedy {
      case .leave, .stop: return give(up: error)
      case .restore: hasTakenOver = false
      case .retry, .deliverAgain: if arrivals.restoration?.isOpen != true { passOver() }
      }
      timers[.question] = time.monotonic + plan.questionPause
      voice.cannotSettle(error)
    }
  }

  /// While a delivery is under way nothing may cause transitions: they would stand in none with the state behind them.
  var mayChangeState: Bool { delivery.isIdle && !outbox.isSealed }

  /// On from where the log has records. The times for people are asked for by the reader of the changelog: a restoration
  /// begins anew.
  private mutating func replaceFirstMisplaced(until deadline: MonotonicTime) throws(LogFailure) {
    guard let first = misplaced.first else { return }
    try stage.replace(first, in: &log, until: deadline, &voice)
    misplaced.removeFirst()
    giveUpRestoration()
  }
}
