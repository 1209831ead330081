import Platform

/// Partitions come and go.
extension Worker where Log: ~Copyable, Stage: ~Copyable {
  /// Handles an event of the assignment.
  mutating func answer(_ event: LogEvent) {
    switch event {
    case .assigned(let partitions):
      stage.numbers.rebalances += 1
      stage.numbers.blind = 0
      log.accept(partitions)
      // Hosts first: statusd's own metrics can wait for them.
      arrivals.join(partitions.sorted())
      timers[.question] = time.monotonic
    case .revoked(let partitions, let lost):
      stage.numbers.rebalances += 1
      for place in leaving.indices { leaving[place].partitions.removeAll(where: partitions.contains) }
      leaving.removeAll(where: \.partitions.isEmpty)
      if !lost, stage.isBusy(with: partitions) {
        stage.isEnding(partitions)
        leaving.append((partitions, time.monotonic + plan.longestLeave))
      } else {
        release(partitions, lost: lost)
      }
    case .replaced:
      isOut = true
      timers[.question] = time.monotonic
    case .outOfRange(let partition, let position):
      misplaced.removeAll { $0.partition == partition }
      misplaced.append(LogPosition(partition, position))
    }
  }

  /// Releases the partitions that the group has asked back as soon as nothing is on its way for them.
  mutating func releaseLeaving(_ now: MonotonicTime) {
    while let place = leaving.firstIndex(where: { now >= $0.deadline || !stage.isBusy(with: $0.partitions) }) {
      let partitions = leaving.remove(at: place).partitions
      // The outcome goes into a delivery of its own, if one is under way.
      deliverAll(by: handOverDeadline)
      stage.setClock(time.monotonic, wall: time.wall)
      collect()
      release(partitions, lost: false)
    }
  }

  /// Delivers the results of these partitions and releases them. If they are lost already, their new owner makes the
  /// same results, so they aren't sent any more.
  private mutating func release(_ partitions: [LogPartition], lost: Bool) {
    let isDelivered = !lost && deliverAll(by: handOverDeadline)
    if !isDelivered {
      // It began with positions that this worker may no longer commit.
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

  /// Finds out where new and misplaced partitions are to be read from; questions without an answer are asked again.
  mutating func settlePartitions(_ now: MonotonicTime) {
    arrivals.returnRefused(now)
    let isCountDue = stage.wantsPartitionCounts && timers.isDue(.partitionCount, now)
    // Records of the changelog ring the wake-up; a question that wasn't answered waits for its time.
    let isReading = arrivals.restoration?.isOpen ?? false
    guard timers.isDue(.question, now) || isReading,
      !arrivals.isEmpty || !misplaced.isEmpty || isCountDue || !hasTakenOver || isOut
    else { return }
    let deadline = now + plan.questionPatience
    do throws(LogFailure) {
      // At once, even without partitions: a predecessor's open transaction hides the records after it.
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

  /// During a delivery nothing may cause transitions: they would be delivered without the state they follow from.
  var mayChangeState: Bool { delivery.isIdle && !outbox.isSealed }

  /// Goes on where the log has records. The times for the log line are asked for through the changelog's reader, so the
  /// restoration that uses it begins anew.
  private mutating func replaceFirstMisplaced(until deadline: MonotonicTime) throws(LogFailure) {
    guard let first = misplaced.first else { return }
    try stage.replace(first, in: &log, until: deadline, &voice)
    misplaced.removeFirst()
    giveUpRestoration()
  }
}
