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
  public internal(set) var state: ReceiverState
  /// What of the state must be written.
  public internal(set) var changes = Changes()

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
  private(set) var order: [Int] = []
  private var lastNumber = 0
  private(set) var numbers: [ForwardPlace: Int] = [:]
  /// The numbers of each alert, in order.
  private(set) var lines: [String: [Int]] = [:]
  /// The numbers of each group that aren't being told, in order.
  var gathering: [[String]: [Int]] = [:]
  /// Groups whose notifications are committed, or were when this began: they may be sent.
  var sendable: Set<[String]> = []
  /// Alerts whose last outcome isn't committed yet.
  var uncommitted: Set<String> = []
  /// How many notifications have such outcomes.
  var uncommittedCount = 0
  /// The next offset to take of each partition, beyond what was taken so far.
  private var taken: [ReceiverState.Lane: Int64] = [:]
  /// The first record of each partition that there was no room for: those behind it wait for it.
  private var refused: [ReceiverState.Lane: Int64] = [:]
  /// Whether it has refused a record since half of its transitions were settled last.
  private var wasFull = false
  /// The group of each transition that is being told, as the state has it.
  var parts: [ForwardPlace: [String]] = [:]
  /// Whether what fired when it began isn't known yet, or isn't read again: nothing is told meanwhile.
  public var isBeginning = false
  /// What is being sent; nil if nothing is.
  public internal(set) var underWay: ForwardNotification?
  /// The group of what is being sent; nil if it gathers nothing.
  var underWayGroup: [String]?
  /// What is told again and again.
  var refresh = Refresh()
  /// The attempts of each notification that failed.
  var attempts: [String: BackOff] = [:]
  /// The pause of the receiver itself.
  var pause: BackOff?
  /// What was given up and isn't taken yet.
  var givenUp: [GivenUp] = []

  /// Goes on where `state` ends.
  public init(_ definition: ReceiverDefinition, _ state: ReceiverState) {
    self.definition = definition
    self.state = state
    sendable = Set(state.groups.filter { !$0.value.parts.isEmpty }.keys)
    for (lane, done) in state.done { taken[lane] = done.floor }
    for (group, kept) in state.groups { for place in kept.parts.joined() { parts[place] = group } }
  }

  /// Whether it takes nothing more for now. Once it is full, it is so until half of its transitions are settled: what it
  /// can't take must be read again. What fires when it begins is taken in any case.
  public var isFull: Bool {
    !isBeginning && (entries.count >= Self.greatestCount || wasFull && entries.count > Self.greatestCount / 2)
  }

  /// How many transitions wait.
  public var count: Int { entries.count }

  /// The Kafka time of the oldest transition that waits, milliseconds since the epoch; nil if none does, or none has one.
  /// It looks at each of them.
  public var oldest: Int64? {
    entries.values.lazy.map(\.transition.kafkaTime).filter { $0 >= 0 }.min()
  }

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
    let lane = place.lane
    if place.offset < taken[lane, default: 0] { return true }
    if let first = refused[lane], place.offset > first { return false }
    let isDone = state.done[lane]?.contains(place.offset) ?? false
    let wanted = isDone ? nil : transition.flatMap { isWanted($0, from: place) ? $0 : nil }
    if wanted != nil, isFull {
      refused[lane] = place.offset
      wasFull = true
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
      $0.lane == lane && $0.offset < offset && numbers[$0] == nil
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
  mutating func forgetCurrent() {
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
    guard let own = definition.gatheringGroup(of: transition) else { return nil }
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
  mutating func settle(_ place: ForwardPlace) {
    state.done[place.lane, default: OffsetSet(upTo: 0)].insert(place.offset)
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
    if entries.count <= Self.greatestCount / 2 { wasFull = false }
    if order.count > 2 * entries.count + 100 { order.removeAll { entries[$0] == nil } }
  }
}
