import Platform

/// Delivers transitions, state and positions.
extension Worker where Log: ~Copyable, Stage: ~Copyable {
  /// Goes on with the delivery of the outbox and the positions. Returns true if all is delivered.
  @discardableResult
  mutating func deliver(until deadline: MonotonicTime) -> Bool {
    let now = time.monotonic
    if !timers.isDue(.delivery, now) {
      log.wait(until: min(timers[.delivery], deadline))
      return false
    }
    do throws(LogFailure) {
      if delivery.next == .abort {
        guard try deliverStep(until: deadline) else { return false }
        _ = delivery.succeeded(of: outbox.count, endsStage: outbox.endsStage)
      }
      if !outbox.isSealed { seal() }
      // The content may have been removed with its partition.
      if outbox.isEmpty {
        outbox.removeAll()
        return true
      }
      while try deliverStep(until: deadline) {
        if delivery.succeeded(of: outbox.count, endsStage: outbox.endsStage) { break }
      }
      if !delivery.isIdle { return false }
    } catch {
      failed(error)
      return false
    }
    stage.committed(outbox.positions)
    stage.delivered(at: log.appendTime, log.deliveryTimes, began: deliveryBegan, now: time.monotonic)
    stage.numbers.commits += 1
    owed.settle(outbox.positions)
    failures = 0
    count(outbox.misfits)
    outbox.removeAll()
    timers.lastDelivery = time.monotonic
    timers[.commit] = timers.lastDelivery + (stage.hasOverdueState ? .zero : plan.commitInterval)
    voice.delivered()
    return true
  }

  /// One step of the delivery. Returns false if its time is over before it is done.
  private mutating func deliverStep(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    switch delivery.next {
    case .begin:
      deliveryBegan = time.monotonic
      try outbox.fit(log.room(for: outbox.largest, until: deadline))
      try log.begin()
    case .produce(let index): try outbox.produce(at: index, to: &log)
    case .flush:
      guard try log.flush(until: deadline) else { return waits() }
    case .sendOffsets: try log.sendOffsets(outbox.positions)
    case .commit:
      guard try log.commit(until: deadline) else { return waits() }
    case .abort:
      guard try log.abort(until: deadline) else { return waits() }
    }
    return true
  }

  /// Counts and logs what was delivered in another shape, or not at all.
  private mutating func count(_ misfits: Misfits) {
    if misfits == Misfits() { return }
    stage.numbers.transitionsCut += Int64(misfits.bare)
    stage.numbers.transitionsTooLarge += Int64(misfits.absent)
    stage.numbers.stateTooLarge += Int64(misfits.state)
    voice.delivered(misfits)
  }

  private mutating func waits() -> Bool {
    voice.waits(transitions: outbox.transitions)
    return false
  }

  /// Puts the state that belongs to the transitions into the outbox: checkpoints that are due, and for each partition
  /// concerned its marker and its position. Before a change of rules everything unwritten is due.
  private mutating func seal() {
    stage.setClock(time.monotonic, wall: time.wall)
    if outbox.isOnlyBlank { return outbox.seal([]) }
    outbox.seal(stage.writeState(into: &outbox, everything: share.hasOrders))
  }

  private mutating func failed(_ failure: LogFailure) {
    delivery.failed(failure.remedy)
    if failure.remedy == .deliverAgain, failures % 5 == 4 { dropUnreadable() }
    timers[.delivery] = time.monotonic + pause(after: failure)
    switch failure.remedy {
    case .retry, .deliverAgain:
      voice.failed(failure, transitions: outbox.transitions)
    case .restore:
      voice.restoresAll(failure, transitions: outbox.transitions)
      restoreAll()
    case .leave, .stop: give(up: failure)
    }
  }

  /// The pause after a failed delivery; it grows to 2 s while deliveries keep failing.
  private mutating func pause(after failure: LogFailure) -> Duration {
    if failure.remedy == .retry { return .milliseconds(100) }
    failures += 1
    return min(.milliseconds(100 << min(failures - 1, 5)), .seconds(2))
  }

  /// Brokers refuse a whole delivery for the position of one partition that this worker may not read any more. Such a
  /// partition is dropped, and its results with it: they are made again once it may be read. The others go on.
  private mutating func dropUnreadable() {
    let now = time.monotonic
    let unreadable = outbox.positions.prefix(Self.greatestLook).filter { entry in
      let isReadable = try? log.isReadable(entry.partition, at: entry.position, until: now + plan.patience)
      return isReadable == false
    }.map(\.partition)
    if unreadable.isEmpty { return }
    owed.add(transitions: 0, outbox.positions.filter { unreadable.contains($0.partition) })
    outbox.remove(of: unreadable)
    stage.remove(unreadable)
    arrivals.joinFirst(unreadable)
    for partition in unreadable {
      stage.mayNotRead(partition)
      refuse(partition)
    }
  }

  /// How many partitions are looked at when a delivery keeps failing.
  private static var greatestLook: Int { 16 }

  /// The worker can't go on, and ends.
  mutating func give(up failure: LogFailure) {
    voice.ends(failure)
    end = failure.remedy == .leave ? .replaced : .stuck
  }

  /// The fate of the last delivery is unknown: every held partition is restored from the changelog.
  private mutating func restoreAll() {
    let held = stage.held
    owed.add(transitions: outbox.transitions, outbox.positions + stage.uncommitted)
    stage.remove(held)
    stage.numbers.blind = 0
    outbox.removeAll()
    giveUpRestoration()
    arrivals.joinFirst(held)
    misplaced = []
    hasTakenOver = false
    timers[.question] = time.monotonic
  }

  /// Delivers everything by `deadline`, as far as the log takes it. Returns true if nothing is left.
  @discardableResult
  mutating func deliverAll(by deadline: MonotonicTime) -> Bool {
    while !outbox.isEmpty || !delivery.isIdle || stage.hasUncommitted {
      let now = time.monotonic
      if now >= deadline || end != nil { return false }
      heartbeat.beat(now)
      deliver(until: min(deadline, now + plan.patience))
    }
    return true
  }
}
