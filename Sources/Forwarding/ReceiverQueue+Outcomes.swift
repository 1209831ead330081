import Platform

/// What came of it, and what is written of that.
extension ReceiverQueue {
  /// What came of the notification under way.
  ///
  /// - Parameters:
  ///   - now: the own clock.
  ///   - clock: the brokers'.
  ///   - jitter: a random number from 0 to 1.
  public mutating func settle(_ outcome: ForwardOutcome, _ now: MonotonicTime, clock: Int64, jitter: Double) {
    guard let notification = underWay else { return }
    underWay = nil
    if notification.transitions.isEmpty { return settleRefresh(outcome, now, jitter: jitter) }
    switch outcome {
    case .delivered:
      uncommittedCount += 1
      pause = nil
      attempts[notification.id] = nil
      for transition in notification.transitions { note(transition, of: underWayGroup, at: clock) }
      end(notification, at: clock)
    case .later(let after, let reason):
      var attempt = attempts[notification.id] ?? BackOff(now)
      attempt.fail(now, wanted: after, jitter: jitter, longest: definition.longestPause)
      attempts[notification.id] = attempt
      pause = pause ?? BackOff(now)
      pause?.fail(now, wanted: nil, jitter: jitter, longest: definition.longestPause)
      giveUpOld(notification, attempt, reason, now, clock)
    case .refused(let reason):
      pause = nil
      attempts[notification.id] = nil
      if notification.transitions.count > 1, let group = underWayGroup { return bisect(notification, group) }
      for transition in notification.transitions { giveUp(transition, reason) }
      end(notification, at: clock)
    }
  }

  /// What the receiver has is noted, and isn't told again.
  private mutating func note(_ transition: ForwardedTransition, of group: [String]?, at clock: Int64) {
    let before = state.told[transition.alert]
    var told = ToldAlert(transition, group: group, at: clock, after: before)
    if definition.resend != nil { told.standing = StandingAlert(transition, after: before?.standing, at: clock) }
    state.told[transition.alert] = told
    changes.alerts.insert(transition.alert)
    uncommitted.insert(transition.alert)
    settle(transition.place)
  }

  private mutating func giveUp(_ transition: ForwardedTransition, _ reason: String) {
    givenUp.append(GivenUp(transition: transition, reason: reason))
    // Nothing more is owed for an alert whose end can't be told.
    if transition.status == .resolved, state.told[transition.alert] != nil {
      state.told[transition.alert] = nil
      changes.alerts.insert(transition.alert)
    }
    uncommitted.insert(transition.alert)
    settle(transition.place)
  }

  /// The notification is over.
  private mutating func end(_ notification: ForwardNotification, at clock: Int64) {
    guard let group = underWayGroup else { return }
    if state.groups[group]?.parts.isEmpty == false { state.groups[group]?.parts.removeFirst() }
    state.groups[group]?.lastSent = clock
    skipStale(group)
    changes.groups.insert(group)
    sendable.remove(group)
  }

  /// Transitions of further parts may be no news any more: the end of an alert whose beginning was refused.
  mutating func skipStale(_ group: [String]) {
    var parts: [[ForwardPlace]] = []
    var told: [String: ToldAlert?] = [:]
    for part in state.groups[group]?.parts ?? [] {
      var kept: [ForwardPlace] = []
      for place in part {
        guard let transition = numbers[place].flatMap({ entries[$0]?.transition }) else {
          kept.append(place)
          continue
        }
        let before = told[transition.alert] ?? state.told[transition.alert]
        if isNews(transition, after: before) {
          told[transition.alert] = ToldAlert(transition, group: group, at: 0, after: before)
          kept.append(place)
        } else {
          settle(place)
        }
      }
      if !kept.isEmpty { parts.append(kept) }
    }
    state.groups[group]?.parts = parts
  }

  /// Halves what was refused, to find the transition that is meant. Each half is committed before it is sent.
  private mutating func bisect(_ notification: ForwardNotification, _ group: [String]) {
    guard let part = state.groups[group]?.parts.first else { return }
    let middle = part.count / 2
    state.groups[group]?.parts.replaceSubrange(0..<1, with: [Array(part[..<middle]), Array(part[middle...])])
    changes.groups.insert(group)
    sendable.remove(group)
  }

  /// Gives up what is too old, and was tried for long enough.
  private mutating func giveUpOld(
    _ notification: ForwardNotification, _ attempt: BackOff, _ reason: String, _ now: MonotonicTime, _ clock: Int64
  ) {
    guard now - attempt.since >= Self.leastTrying else { return }
    let oldest = clock - definition.giveUpAfter.wholeMilliseconds
    let old = notification.transitions.filter { $0.kafkaTime < oldest }
    if old.isEmpty { return }
    attempts[notification.id] = nil
    for transition in old { giveUp(transition, reason) }
    guard let group = underWayGroup else { return }
    let gone = Set(old.map(\.place))
    state.groups[group]?.parts[0].removeAll { gone.contains($0) }
    state.groups[group]?.parts.removeAll { $0.isEmpty }
    skipStale(group)
    changes.groups.insert(group)
    sendable.remove(group)
  }

  // MARK: Deliveries

  /// Takes what was given up since the last call.
  public mutating func takeGivenUp() -> [GivenUp] {
    defer { givenUp = [] }
    return givenUp
  }

  /// Takes what must be written into the next delivery. Groups and alerts that say nothing any more are dropped first: what
  /// isn't in the state then needs a tombstone.
  public mutating func takeChanges(clock: Int64) -> Changes {
    if !isBeginning { forgetCurrent() }
    let interval = definition.gathering.interval.wholeMilliseconds
    for (group, kept) in state.groups where gathering[group] == nil && kept.isIdle(at: clock, interval: interval) {
      state.groups[group] = nil
      changes.groups.insert(group)
    }
    for (alert, told) in state.told
    where !told.isFiring && clock - told.at > ToldAlert.memory && lines[alert] == nil {
      state.told[alert] = nil
      changes.alerts.insert(alert)
    }
    defer { changes = Changes() }
    return changes
  }

  /// All changes that were taken are committed. Between `takeChanges` and this nothing else is called.
  public mutating func committed() {
    uncommitted.removeAll(keepingCapacity: true)
    uncommittedCount = 0
    sendable = Set(state.groups.filter { !$0.value.parts.isEmpty }.keys)
  }
}
