import Platform
import Records

/// What one receiver is told, and when: a state machine without input or output. Its caller reads the log, commits its
/// state, sends its notifications, and says what came of them.
///
/// A transition is *taken* from the log, waits, and is *settled*: told, given up, or of no interest. What isn't settled is
/// read again by a successor. Three rules make repeats rare and harmless: transitions of an alert are told in order, one
/// after the other; none is told before the outcome of the one before it is committed; and what a group is told is
/// committed before it is sent. So a successor repeats at most what was under way, with the same id.
public struct ReceiverQueue: Sendable {
  /// How many transitions wait at most. Beyond, none is taken: they are read again once there is room.
  public static let greatestCount = 10_000
  /// How many notifications have outcomes that aren't committed, at most: so many may be repeated.
  public static let greatestRepeat = 20
  /// How many transitions one notification has at most.
  public static let greatestNotification = 500
  /// For how long something is tried at least before it is given up, whatever its age.
  static let leastTrying = Duration.seconds(900)

  /// What it is asked for.
  public let definition: ReceiverDefinition
  /// As of all outcomes so far.
  public private(set) var state: ReceiverState
  /// What of the state must be written.
  public private(set) var changes = Changes()

  /// What of a state has changed.
  public struct Changes: Equatable, Sendable {
    /// Whether the head has.
    public var head = false
    /// These groups have.
    public var groups: Set<[String]> = []
    /// What was told of these alerts has.
    public var alerts: Set<String> = []

    /// Whether nothing has.
    public var isEmpty: Bool { !head && groups.isEmpty && alerts.isEmpty }
  }

  /// A transition that waits.
  struct Entry: Sendable {
    var transition: ForwardedTransition
    var group: [String]?
    /// From when on its group gathers, by the brokers' clock.
    var since: Int64
  }

  /// Those that wait, by their numbers, which rise in the order in which they were taken.
  private(set) var entries: [Int: Entry] = [:]
  private var order: [Int] = []
  private var lastNumber = 0
  private var numbers: [ForwardPlace: Int] = [:]
  /// The numbers of each alert, in order.
  private var lines: [String: [Int]] = [:]
  /// The numbers of each group that aren't being told, in order.
  private var gathering: [[String]: [Int]] = [:]
  /// Groups whose notifications are committed, or were when this began: they may be sent.
  private var sendable: Set<[String]> = []
  /// Alerts whose last outcome isn't committed yet.
  private var uncommitted: Set<String> = []
  /// How many notifications have such outcomes.
  private var uncommittedCount = 0
  /// The next offset to take of each partition, beyond what was taken so far.
  private var taken: [ReceiverState.Lane: Int64] = [:]
  /// The first record of each partition that there was no room for: those behind it wait for it.
  private var refused: [ReceiverState.Lane: Int64] = [:]
  /// The group of each transition that is being told, as the state has it.
  private var parts: [ForwardPlace: [String]] = [:]
  /// Whether what fired when it began isn't known yet, or isn't read again: nothing is told meanwhile.
  public var isBeginning = false
  /// What is being sent; nil if nothing is.
  public private(set) var underWay: ForwardNotification?
  /// The attempts of each notification that failed.
  private var attempts: [String: BackOff] = [:]
  /// The pause of the receiver itself.
  private var pause: BackOff?
  /// What was given up and isn't taken yet.
  private var givenUp: [GivenUp] = []

  /// Goes on where `state` ends.
  public init(_ definition: ReceiverDefinition, _ state: ReceiverState) {
    self.definition = definition
    self.state = state
    sendable = Set(state.groups.filter { !$0.value.parts.isEmpty }.keys)
    for (lane, done) in state.done { taken[lane] = done.floor }
    for (group, kept) in state.groups { for place in kept.parts.joined() { parts[place] = group } }
  }

  /// Whether it takes nothing more for now. What fires when it begins is taken in any case.
  public var isFull: Bool { entries.count >= Self.greatestCount && !isBeginning }

  /// How many transitions wait.
  public var count: Int { entries.count }

  /// From where on each partition must be read.
  public var positions: [ReceiverState.Lane: Int64] { taken }

  // MARK: Taking

  /// Takes the next record of a partition.
  ///
  /// - Parameters:
  ///   - transition: nil if the record is none.
  ///   - alert: the record's key; nil if it has none.
  ///   - now: the brokers' clock, milliseconds since the epoch.
  /// - Returns: false if there is no room for it: it must be given again later, and nothing behind it before.
  public mutating func take(
    _ transition: Transition?, of alert: String? = nil, at place: ForwardPlace, kafkaTime: Int64, value: [UInt8],
    now: Int64
  ) -> Bool {
    let lane = ReceiverState.Lane(place.source, place.partition)
    if place.offset < taken[lane, default: 0] { return true }
    if let first = refused[lane], place.offset > first { return false }
    let isDone = state.done[lane]?.contains(place.offset) ?? false
    let wanted = isDone ? nil : transition.flatMap { isWanted($0, from: place) ? $0 : nil }
    if wanted != nil, isFull {
      refused[lane] = place.offset
      return false
    }
    refused[lane] = nil
    taken[lane] = place.offset + 1
    if place.source == .current, let alert { supersede(alert) }
    guard let transition = wanted else {
      if !isDone { settle(place) }
      return true
    }
    var forwarded = ForwardedTransition(place, transition, kafkaTime: kafkaTime, value: value)
    forwarded.isAskedFor = definition.matches(transition)
    append(forwarded, group: group(of: transition, forwarded), since: min(kafkaTime < 0 ? now : kafkaTime, now))
    return true
  }

  /// The topic of firing alerts has another record of this alert, or its end: earlier ones aren't compacted away yet.
  private mutating func supersede(_ alert: String) {
    for number in lines[alert] ?? [] {
      if let place = entries[number]?.transition.place, place.source == .current, parts[place] == nil { settle(place) }
    }
  }

  /// There are no records of a partition below `offset` that weren't given.
  public mutating func pass(_ lane: ReceiverState.Lane, to offset: Int64) {
    guard offset > taken[lane, default: 0], refused[lane] == nil else { return }
    let from = taken[lane, default: 0]
    taken[lane] = offset
    state.done[lane, default: OffsetSet(upTo: 0)].insert(from..<offset)
    changes.head = true
    // What retention took can't be told any more.
    let gone = parts.keys.filter {
      $0.source == lane.source && $0.partition == lane.partition && $0.offset < offset && numbers[$0] == nil
    }
    for place in gone {
      guard let group = parts.removeValue(forKey: place) else { continue }
      for index in state.groups[group]?.parts.indices ?? 0..<0 {
        state.groups[group]?.parts[index].removeAll { $0 == place }
      }
      state.groups[group]?.parts.removeAll { $0.isEmpty }
      changes.groups.insert(group)
    }
  }

  // MARK: Beginning

  /// Whether it is told what fired when it began, and isn't done with that yet.
  public var hasCurrent: Bool { state.done.keys.contains { $0.source == .current } }

  /// What fired when it began has been read, up to these ends, and all transitions since. Whatever the log says of an alert
  /// counts, not what stood for it in the topic of firing alerts: that may be older, or newer.
  ///
  /// - Parameter seen: the alerts that have had a transition since.
  public mutating func endBeginning(_ ends: [Int32: Int64], seen: Set<String>) {
    for entry in entries.values.map(\.transition) where entry.place.source == .current && seen.contains(entry.alert) {
      settle(entry.place)
    }
    // Later records of that topic are none of its business.
    for (partition, end) in ends {
      state.done[.init(.current, partition), default: OffsetSet(upTo: 0)].insert(end..<Int64.max)
    }
    changes.head = true
    forgetCurrent()
  }

  /// Nothing of what fired when it began is left to be told.
  private mutating func forgetCurrent() {
    guard hasCurrent, !entries.values.contains(where: { $0.transition.place.source == .current }) else { return }
    state.done = state.done.filter { $0.key.source != .current }
    taken = taken.filter { $0.key.source != .current }
    changes.head = true
  }

  /// A successor has read again what fired when its predecessor began: what is gone was told, or told of later.
  public mutating func hasReadCurrent() { forgetCurrent() }

  /// Whoever was told that an alert fires hears of it to its end, whatever `match` says of its later transitions.
  private func isWanted(_ transition: Transition, from place: ForwardPlace) -> Bool {
    if parts[place] != nil { return true }
    // The last record of an alert that has fired for long is a reminder.
    if transition.repeat != nil, place.source == .alerts, !definition.tellsReminders { return false }
    if definition.matches(transition) { return true }
    if let last = lines[transition.key]?.last { return entries[last]?.transition.status == .firing }
    return state.told[transition.key]?.isFiring ?? false
  }

  /// An alert stays in the group that heard of it, or will: its transitions can't overtake each other.
  private func group(of transition: Transition, _ forwarded: ForwardedTransition) -> [String]? {
    if let group = parts[forwarded.place] { return group }
    guard let own = definition.group(of: transition) else { return nil }
    let alert = forwarded.alert
    if let first = lines[alert]?.first, let entry = entries[first] { return entry.group }
    if let told = state.told[alert], told.isFiring, let group = told.group { return group }
    return own
  }

  private mutating func append(_ transition: ForwardedTransition, group: [String]?, since: Int64) {
    lastNumber += 1
    entries[lastNumber] = Entry(transition: transition, group: group, since: since)
    order.append(lastNumber)
    numbers[transition.place] = lastNumber
    lines[transition.alert, default: []].append(lastNumber)
    guard let group else { return }
    // What is being told already keeps its place there.
    if parts[transition.place] == nil { gathering[group, default: []].append(lastNumber) }
  }

  /// Whether a transition is done: nobody needs it any more.
  private mutating func settle(_ place: ForwardPlace) {
    let lane = ReceiverState.Lane(place.source, place.partition)
    state.done[lane, default: OffsetSet(upTo: 0)].insert(place.offset)
    changes.head = true
    parts[place] = nil
    guard let number = numbers.removeValue(forKey: place), let entry = entries.removeValue(forKey: number) else {
      return
    }
    let alert = entry.transition.alert
    lines[alert]?.removeAll { $0 == number }
    if lines[alert]?.isEmpty ?? false { lines[alert] = nil }
    if let group = entry.group {
      gathering[group]?.removeAll { $0 == number }
      if gathering[group]?.isEmpty ?? false { gathering[group] = nil }
    }
    if order.count > 2 * entries.count + 100 { order.removeAll { entries[$0] == nil } }
  }
}

// MARK: Sending

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
    underWay = definition.groupBy == nil ? nextSingle(now) : nextOfGroup(now, clock)
    return underWay
  }

  /// When `next` should be called again at the latest, if nothing else happens: by the own clock, and by the brokers'.
  public func nextTurn(clock: Int64) -> (own: MonotonicTime?, brokers: Int64?) {
    if underWay != nil || entries.isEmpty { return (nil, nil) }
    let own = pause?.next ?? attempts.values.map(\.next).min()
    let first = gathering.keys.compactMap { self.deadline(of: $0) }.min()
    return (own, first.map { max($0, clock) })
  }

  /// What failed is tried again only when nothing else is to be told: it may be all that fails.
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
      if attempt.next <= now, attempt.next < failed.flatMap({ attempts[$0.id]?.next }) ?? now + .seconds(1) {
        failed = notification
      }
    }
    return failed
  }

  private mutating func nextOfGroup(_ now: MonotonicTime, _ clock: Int64) -> ForwardNotification? {
    var failed: ForwardNotification?
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
      let notification = ForwardNotification(id: id, group: group, transitions: transitions)
      guard let attempt = attempts[id] else { return notification }
      if attempt.next <= now, attempt.next < failed.flatMap({ attempts[$0.id]?.next }) ?? now + .seconds(1) {
        failed = notification
      }
    }
    if let failed { return failed }
    let due = gathering.keys.filter { group in
      (state.groups[group]?.parts.isEmpty ?? true) && deadline(of: group).map { $0 <= clock } ?? false
    }
    for group in due { compose(group) }
    return nil
  }

  /// When a group is told what it has gathered.
  private func deadline(of group: [String]) -> Int64? {
    guard let first = gathering[group]?.first, let entry = entries[first] else { return nil }
    let wait = entry.since.addingSaturating(definition.groupWait.wholeMilliseconds)
    guard let last = state.groups[group]?.lastSent else { return wait }
    return max(wait, last.addingSaturating(definition.groupInterval.wholeMilliseconds))
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
  private func isNews(_ transition: ForwardedTransition, after told: ToldAlert?) -> Bool {
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

// MARK: Outcomes

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
    switch outcome {
    case .delivered:
      uncommittedCount += 1
      pause = nil
      attempts[notification.id] = nil
      for transition in notification.transitions { note(transition, of: notification.group, at: clock) }
      end(notification, at: clock)
    case .later(let after, let reason):
      var attempt = attempts[notification.id] ?? BackOff(now)
      attempt.fail(now, wanted: after, jitter: jitter)
      attempts[notification.id] = attempt
      pause = pause ?? BackOff(now)
      pause?.fail(now, wanted: nil, jitter: jitter)
      giveUpOld(notification, attempt, reason, now, clock)
    case .refused(let reason):
      pause = nil
      attempts[notification.id] = nil
      if notification.transitions.count > 1, let group = notification.group { return bisect(notification, group) }
      for transition in notification.transitions { giveUp(transition, reason) }
      end(notification, at: clock)
    }
  }

  /// What the receiver has is noted, and isn't told again.
  private mutating func note(_ transition: ForwardedTransition, of group: [String]?, at clock: Int64) {
    state.told[transition.alert] = ToldAlert(
      transition, group: group, at: clock, after: state.told[transition.alert])
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
    guard let group = notification.group else { return }
    if state.groups[group]?.parts.isEmpty == false { state.groups[group]?.parts.removeFirst() }
    state.groups[group]?.lastSent = clock
    skipStale(group)
    changes.groups.insert(group)
    sendable.remove(group)
  }

  /// Transitions of further parts may be no news any more: the end of an alert whose beginning was refused.
  private mutating func skipStale(_ group: [String]) {
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
    guard let group = notification.group else { return }
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
    let interval = definition.groupInterval.wholeMilliseconds
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

extension Int64 {
  fileprivate func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, isBeyond) = addingReportingOverflow(other)
    return isBeyond ? .max : sum
  }
}
