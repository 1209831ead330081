import Forwarding
import Platform
import Records

/// A worker's stage that tells receivers of transitions.
///
/// A receiver belongs to the partition of the topic of receivers that its name hashes to. The owner of that partition
/// reads all transitions, and writes how far the receiver has been told. Sending is done elsewhere (`ForwardDispatcher`):
/// a notification is handed over once what it follows from is committed, and its outcome is taken between two deliveries.
package struct Forwarder: ~Copyable, ClockedStage {
  /// From one look at the topics' partitions to the next.
  static let topicsPause = Duration.seconds(5)
  /// From one delivery to the next at the least, and at the most.
  static let shortestTick = Duration.milliseconds(20)
  static let longestTick = Duration.seconds(10)
  /// How long after the beginning of the last committed delivery somebody else may have become the owner.
  static let lease = Duration.seconds(6)
  /// From one look at what waits to the next, for the tally.
  static let showPause = Duration.seconds(1)

  package var numbers = EvaluatorNumbers()
  package let plan: WorkerPlan
  var orders: ForwardOrders
  package var clock = BrokerClock()
  package private(set) var now = MonotonicTime(nanoseconds: 0)
  /// The partitions of the topic of receivers that are held, each with the number of its deliveries so far.
  package var deliveries: [LogPartition: Int64] = [:]
  /// How many partitions that topic has.
  package var partitionCount: Int32 = 1
  /// The committed states of these partitions' receivers that nobody tells, by name. Those that are told have theirs in
  /// `receivers`, and nowhere else: whatever holds a second one makes the next change copy it.
  var stored: [LogPartition: [String: ReceiverState]] = [:]
  var receivers: [ForwardedReceiver] = []
  /// The partitions that are read, and for whom.
  var followed: [LogPartition: [ForwardedReceiver]] = [:]
  /// The topic of each number.
  var sources: [Int: ForwardPlace.Source] = [:]
  /// How many partitions each topic has; nil if nobody looked yet.
  var partitions: [ForwardPlace.Source: Int32]?
  var mustFollow = false
  var nextTopics: MonotonicTime?
  /// When the last delivery was committed, and when it began; nil if a partition has come since.
  var lastTick: (ended: MonotonicTime, began: MonotonicTime)?
  /// The partitions that are about to be released: nothing more is sent for them.
  var ending: Set<LogPartition> = []
  /// When the tally is shown the receivers next, and whether anything may have changed since it was.
  var nextShow: MonotonicTime?
  var mustShow = true
  /// What people should read, with `collect`.
  var remarks: [ForwardRemark] = []

  package init(_ plan: WorkerPlan, _ orders: ForwardOrders) {
    self.plan = plan
    self.orders = orders
  }

  package mutating func setClock(_ now: MonotonicTime, wall: WallTime) { self.now = now }

  /// The brokers' time now, as far as known.
  var brokersTime: Int64 { clock.latest(at: now) ?? 0 }

  // MARK: Records

  package mutating func batchBegins(at now: MonotonicTime) { self.now = now }

  package mutating func receive(_ record: LogRecord) {
    guard let readers = followed[record.partition], let source = sources[record.partition.topic] else { return }
    numbers.records += 1
    let transition = record.value.flatMap { Transition.decode($0) }
    let value = record.value.map { Array($0) } ?? []
    let alert = record.key.map { String(decoding: $0, as: UTF8.self) }
    if transition == nil, record.value != nil {
      numbers.badByReason[0] += 1
      orders.tally.countBad()
    }
    mustShow = true
    let lane = ReceiverState.Lane(source, record.partition.number)
    for receiver in readers {
      // The log may be read from an earlier place on, for another receiver.
      let isNew = record.offset >= receiver.queue.positions[lane, default: 0]
      let isTaken = receiver.queue.take(
        transition, of: alert, at: ForwardPlace(source, record.partition.number, record.offset),
        kafkaTime: record.kafkaTime,
        value: value, now: brokersTime)
      if !isTaken {
        // It has no room: the record, and those behind it, are read again.
        followed[record.partition]?.removeAll { $0 === receiver }
      } else if isNew, source == .alerts, !receiver.isKnown, let transition {
        receiver.seen.insert(transition.key)
      }
    }
  }

  package mutating func receiveEnd(of partition: LogPartition, position: Int64) {
    guard let readers = followed[partition], let source = sources[partition.topic] else { return }
    for receiver in readers { receiver.queue.pass(.init(source, partition.number), to: position) }
  }

  // MARK: Sending

  package mutating func collect(into outbox: inout Outbox, _ voice: inout WorkerVoice) {
    for remark in remarks { voice.remark(remark) }
    remarks.removeAll(keepingCapacity: true)
    tell(&outbox)
    show()
  }

  private mutating func tell(_ outbox: inout Outbox) {
    // A sealed outbox takes nothing more, and its state is on its way.
    if outbox.isSealed || clock.time == nil { return }
    for receiver in receivers {
      settle(receiver)
      for lost in receiver.queue.takeGivenUp() {
        let value = Undelivered(
          receiver: receiver.definition.name, reason: lost.reason, transition: lost.transition.value
        ).encoded
        outbox.append(result: value, keyed: receiver.definition.name, of: receiver.partition)
        remarks.append(.gaveUp(receiver: receiver.definition.name, alert: lost.transition.alert, reason: lost.reason))
        numbers.transitions += 1
        receiver.uncounted.givenUp += 1
      }
      send(receiver)
    }
  }

  /// Takes the outcome of what is on its way to a receiver, if there is one.
  private mutating func settle(_ receiver: ForwardedReceiver) {
    let name = receiver.definition.name
    guard let notification = receiver.queue.underWay,
      let outcome = orders.dispatcher.outcome(of: notification.id, to: name)
    else { return }
    switch outcome {
    case .later(_, let reason):
      remarks.append(.failed(receiver: name, reason: reason))
      var failure = ForwardTally.Counts()
      failure.failed = 1
      orders.tally.count(failure, of: name)
    case .refused(let reason):
      if notification.transitions.isEmpty { remarks.append(.refusedStanding(receiver: name, reason: reason)) }
      receiver.uncounted.refused += 1
    case .delivered:
      receiver.uncounted.told += 1
      receiver.uncounted.transitions += Int64(notification.transitions.count)
    }
    receiver.isWell = if case .later = outcome { false } else { true }
    mustShow = true
    receiver.queue.settle(outcome, now, clock: brokersTime, jitter: Double.random(in: 0...1))
    receiver.settled.append(notification.id)
    if !receiver.queue.isFull { mustFollow = mustFollow || isBehind(receiver) }
  }

  /// Shows the tally what waits: to look for the oldest takes a walk over all that does.
  private mutating func show() {
    guard mustShow, nextShow.map({ $0 <= now }) ?? true else { return }
    orders.tally.show(
      receivers.map { receiver in
        .init(
          receiver: receiver.definition.name, waiting: receiver.queue.count, oldest: receiver.queue.oldest,
          isWell: receiver.isWell)
      }, of: Set(orders.receivers.map(\.definition.name)), clock: clock.latest(at: now), now: now)
    nextShow = now + Self.showPause
    mustShow = false
  }

  /// Hands over what is due, unless somebody else may have become the owner.
  private func send(_ receiver: ForwardedReceiver) {
    guard !ending.contains(receiver.partition), let lastTick, now - lastTick.began < Self.lease else { return }
    if receiver.queue.underWay == nil, receiver.successor == nil {
      _ = receiver.queue.next(now, clock: brokersTime)
    }
    if let notification = receiver.queue.underWay {
      orders.dispatcher.send(notification, to: receiver.definition.name, by: receiver.channel)
    }
  }

  /// Whether a partition isn't read for it although it should be.
  func isBehind(_ receiver: ForwardedReceiver) -> Bool {
    let read = followed.count { $0.value.contains { $0 === receiver } }
    let wanted = ForwardPlace.Source.allCases.reduce(0) { sum, source in
      sum + (receiver.reads(source) ? Int(partitions?[source] ?? 0) : 0)
    }
    return read < wanted
  }

  // MARK: Deliveries

  package var nextTurn: MonotonicTime? {
    guard let nextTick else { return nil }
    // Pauses and groups end at some time: to look ten times a second is near enough, and cheap.
    let waits = receivers.contains { $0.queue.count > 0 || $0.phase != .isLive }
    let turn = waits ? min(nextTick, now + .milliseconds(100)) : nextTick
    let next = receivers.compactMap(\.queue.nextRefresh).min().map { min(turn, $0) } ?? turn
    return mustShow ? min(next, nextShow ?? now) : next
  }

  /// When the next delivery is due; nil if no partition is held.
  package var nextTick: MonotonicTime? {
    if deliveries.isEmpty { return nil }
    guard let lastTick, ending.isEmpty || !hasUnwrittenState else { return now }
    let isPressing = receivers.contains { $0.mustWrite }
    // Whoever has something to send must show that it is still the owner.
    let isWaiting = receivers.contains { receiver in
      receiver.queue.count > 0 || receiver.queue.nextRefresh.map { $0 <= now } ?? false
    }
    let pause: Duration =
      isPressing
      ? max(Self.shortestTick, lastTick.ended - lastTick.began) : isWaiting ? Self.lease / 3 : Self.longestTick
    return lastTick.ended + pause
  }

  package var hasUnwrittenState: Bool { receivers.contains { $0.mustWrite } }

  package mutating func writeState(into outbox: inout Outbox, everything: Bool) -> [LogPosition] {
    for receiver in receivers where receiver.mustWrite { write(receiver, into: &outbox) }
    return writeMarkers(into: &outbox)
  }

  private mutating func write(_ receiver: ForwardedReceiver, into outbox: inout Outbox) {
    let name = receiver.definition.name
    let changes = receiver.queue.takeChanges(clock: brokersTime)
    let state = receiver.queue.state
    var records: [(ForwardKey, (inout BinaryWriter, UnsafeRawBufferPointer) -> Void?)] = []
    if changes.head { records.append((.head(receiver: name), { state.writeHead(to: &$0, key: $1) })) }
    for group in changes.groups {
      records.append((.group(receiver: name, group), { state.write(group: group, to: &$0, key: $1) }))
    }
    for alert in changes.alerts {
      records.append((.alert(receiver: name, alert), { state.write(alert: alert, to: &$0, key: $1) }))
    }
    for (subject, body) in records {
      var key = BinaryWriter()
      subject.bytes.withUnsafeBytes { scope(of: receiver.partition).writeCheckpointKey(of: $0, to: &key) }
      outbox.append(stateKeyed: key, of: receiver.partition, isVital: false, value: body)
    }
  }

  package mutating func committed(_ positions: [LogPosition]) {
    var settled: [(receiver: String, id: String)] = []
    for receiver in receivers where receiver.isKnown {
      receiver.queue.committed()
      if let firing = receiver.beginning {
        remarks.append(.begins(receiver: receiver.definition.name, firing: firing))
        receiver.beginning = nil
      }
      settled += receiver.settled.map { (receiver.definition.name, $0) }
      receiver.settled = []
      orders.tally.count(receiver.uncounted, of: receiver.definition.name)
      receiver.uncounted = .init()
    }
    mustShow = true
    orders.dispatcher.committed(settled)
    replaceSettled()
  }

  package mutating func delivered(
    at time: WallTime?, _ times: DeliveryTimes, began: MonotonicTime, now: MonotonicTime
  ) {
    lastTick = (now, began)
    orders.tally.hasDelivered(at: now)
    if !tick(time, began: began, now: now) { remarks.append(.noClock) }
  }

  package mutating func isEnding(_ partitions: [LogPartition]) { ending.formUnion(partitions) }

  package func isBusy(with partitions: [LogPartition]) -> Bool {
    receivers.contains { receiver in
      guard partitions.contains(receiver.partition), let notification = receiver.queue.underWay else { return false }
      return !orders.dispatcher.hasOutcome(of: notification.id, to: receiver.definition.name)
    }
  }
}

/// What people should know of forwarding.
enum ForwardRemark: Equatable {
  /// Brokers don't say when they append.
  case noClock
  /// A receiver begins, with so many alerts that fire.
  case begins(receiver: String, firing: Int)
  /// It couldn't be told.
  case failed(receiver: String, reason: String)
  /// It keeps alerts, and refuses some of those that it was told of again.
  case refusedStanding(receiver: String, reason: String)
  /// It will never be told of a transition of this alert.
  case gaveUp(receiver: String, alert: String, reason: String)
  /// A record of its state can't be used.
  case unusable(ChangelogProblem)
  /// The topic has the state of a receiver that isn't in the file.
  case unknown(receiver: String)
  /// Retention took transitions before it was told.
  case lost(receiver: String, Int64)
}
