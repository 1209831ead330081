import Platform
import Records

/// What is told next.
extension ReceiverQueue {
  /// The next notification to send; nil if there is none now. It is under way until its outcome is given. Calls to this
  /// may change the state, which is to be committed before there is something to send.
  ///
  /// - Parameters:
  ///   - now: the own clock, for pauses.
  ///   - clock: the brokers', for groups.
  public mutating func next(_ now: MonotonicTime, clock: Int64) -> ForwardNotification? {
    guard !isBeginning, underWay == nil, uncommittedCount < Self.greatestRepeat, pause.map({ $0.next <= now }) ?? true
    else {
      return nil
    }
    underWayGroup = nil
    underWay = definition.grouping == nil ? nextSingle(now) : nextOfGroup(now, clock)
    if underWay == nil { underWay = nextOfRefresh(now, clock) }
    return underWay
  }

  private mutating func nextSingle(_ now: MonotonicTime) -> ForwardNotification? {
    var seen: Set<String> = []
    var failed: ForwardNotification?
    for number in order {
      guard let entry = entries[number], seen.insert(entry.transition.alert).inserted else { continue }
      if uncommitted.contains(entry.transition.alert) { continue }
      if !isNews(entry.transition, after: state.told[entry.transition.alert]) {
        settle(entry.transition.place)
        seen.remove(entry.transition.alert)
        continue
      }
      let id = id(of: [entry.transition])
      let notification = ForwardNotification(id: id, group: nil, transitions: [entry.transition])
      guard let attempt = attempts[id] else { return notification }
      if isDue(attempt, before: failed, at: now) { failed = notification }
    }
    return failed
  }

  private mutating func nextOfGroup(_ now: MonotonicTime, _ clock: Int64) -> ForwardNotification? {
    var failed: (notification: ForwardNotification, group: [String])?
    for group in sendable.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard let part = state.groups[group]?.parts.first else {
        sendable.remove(group)
        continue
      }
      // Those that aren't read again yet are waited for.
      let transitions = part.compactMap { numbers[$0].flatMap { entries[$0]?.transition } }
      guard transitions.count == part.count else { continue }
      let before = state.groups[group]?.parts
      skipStale(group)
      if state.groups[group]?.parts != before {
        changes.groups.insert(group)
        sendable.remove(group)
        continue
      }
      let id = id(of: transitions)
      let notification = ForwardNotification(
        id: id, group: definition.groupBy == nil ? nil : group, transitions: transitions,
        standing: standing(after: transitions, at: clock))
      guard let attempt = attempts[id] else {
        underWayGroup = group
        return notification
      }
      if isDue(attempt, before: failed?.notification, at: now) { failed = (notification, group) }
    }
    if let failed {
      underWayGroup = failed.group
      return failed.notification
    }
    let due = gathering.keys.filter { group in
      (state.groups[group]?.parts.isEmpty ?? true) && deadline(of: group).map { $0 <= clock } ?? false
    }
    for group in due { compose(group) }
    return nil
  }

  /// Whether what failed is to be tried again, before `other`, which failed, too. Nothing that failed is tried again while
  /// anything else is to be told: it may be all that fails.
  private func isDue(_ attempt: BackOff, before other: ForwardNotification?, at now: MonotonicTime) -> Bool {
    guard attempt.next <= now else { return false }
    guard let other = other.flatMap({ attempts[$0.id] }) else { return true }
    return attempt.next < other.next
  }

  /// When a group is told what it has gathered.
  private func deadline(of group: [String]) -> Int64? {
    guard let first = gathering[group]?.first, let entry = entries[first] else { return nil }
    let wait = entry.since.addingSaturating(definition.gathering.wait.wholeMilliseconds)
    guard let last = state.groups[group]?.lastSent else { return wait }
    return max(wait, last.addingSaturating(definition.gathering.interval.wholeMilliseconds))
  }

  /// Fixes what a group is told next. It is sent once that is committed.
  private mutating func compose(_ group: [String]) {
    var told: [String: ToldAlert?] = [:]
    var part: [ForwardPlace] = []
    var isUncommitted = false
    for number in gathering[group] ?? [] {
      guard part.count < Self.greatestNotification, let transition = entries[number]?.transition else { continue }
      if uncommitted.contains(transition.alert) {
        isUncommitted = true
        break
      }
      let before = told[transition.alert] ?? state.told[transition.alert]
      guard isNews(transition, after: before) else {
        settle(transition.place)
        continue
      }
      told[transition.alert] = ToldAlert(transition, group: group, at: 0, after: before)
      part.append(transition.place)
    }
    if part.isEmpty || isUncommitted { return }
    let places = Set(part)
    gathering[group]?.removeAll { entries[$0].map { places.contains($0.transition.place) } ?? true }
    if gathering[group]?.isEmpty ?? false { gathering[group] = nil }
    state.groups[group, default: .init()].parts = [part]
    for place in part { parts[place] = group }
    changes.groups.insert(group)
  }

  /// Whether a receiver that was told `told` learns something by a transition.
  func isNews(_ transition: ForwardedTransition, after told: ToldAlert?) -> Bool {
    if told?.ids.contains(transition.id) ?? false { return false }
    if transition.status == .resolved || !transition.isAskedFor { return told?.isFiring ?? false }
    if transition.place.source == .current, let told { return !told.isFiring || told.severity != transition.severity }
    return true
  }

  private func id(of transitions: [ForwardedTransition]) -> String {
    var identity = Identity()
    identity.append(definition.name)
    for transition in transitions { identity.append(Int64(bitPattern: transition.id)) }
    return hex(identity.finish())
  }
}
